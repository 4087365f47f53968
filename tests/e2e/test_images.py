"""The images of a stack: built where they are missing, the same from wherever one looks, and removed with the stack.

The tests follow one another on one stack.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from docker.client import DockerClient

from sandbox.preparation import Prepared
from sandbox.pulumi.stack import PROJECT_DIRECTORY, SandboxStack
from sandbox.show.answers import demo_answers
from tests.e2e.conftest import image_tags, images
from tests.e2e.resources import held, kept

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

CONTAINER = "docker:index/container:Container"
NO_CHANGES = "--expect-no-changes"


@pytest.fixture(scope="module")
def running(stack: SandboxStack) -> SandboxStack:
    brought_up = stack.up(capture=True)
    assert brought_up.exit_code == 0, brought_up.output
    return stack


def lose(running: SandboxStack) -> None:
    """Have the engine lose the names of the stack's images, as a forced removal while containers run does."""
    client = DockerClient.from_env()
    for name in images(running.name):
        client.images.remove(name, force=True)


def test_the_images_are_named_after_what_they_are_built_from_and_the_stacks_id(running: SandboxStack) -> None:
    names = images(running.name)
    assert len(names) == 2
    assert {name.partition(":")[2].partition("-")[0] for name in names} == {"cpu", "gateway"}


def test_nothing_changes_in_a_clone_elsewhere_under_another_umask(
    running: SandboxStack, tmp_path: Path
) -> None:
    clone = tmp_path / "another" / "clone"
    shutil.copytree(
        PROJECT_DIRECTORY,
        clone,
        ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "models"),
    )
    for path in clone.rglob("*"):
        path.chmod(0o700 if path.is_dir() or os.access(path, os.X_OK) else 0o600)
    (clone / ".venv").symlink_to(PROJECT_DIRECTORY / ".venv")
    shown = running.with_program(clone).preview("--json")
    assert shown.exit_code == 0, shown.output
    steps = json.JSONDecoder().raw_decode(shown.output, shown.output.index("{"))[0]["steps"]
    of_images = [step for step in steps if "jina:image:BuiltImage" in step["urn"]]
    assert [step["urn"] for step in of_images if step["op"] != "same"] == []


def test_an_image_that_is_gone_is_noticed_by_a_preview_and_built_again_by_up_alone(
    running: SandboxStack,
) -> None:
    before, names, digest = held(running), images(running.name), running.outputs()["imageDigest"]
    lose(running)
    assert images(running.name) == []
    previewed = running.preview(NO_CHANGES)
    assert previewed.exit_code != 0
    assert "llama-server-build" in previewed.output

    finished = running.up(capture=True)

    assert finished.exit_code == 0, finished.output
    assert images(running.name) == names
    # The layers were kept, so the content is the same, and what depends on it stays.
    assert running.outputs()["imageDigest"] == digest
    assert kept(before, held(running), CONTAINER)


def test_an_engine_that_does_not_answer_has_lost_no_image(
    running: SandboxStack, prepared: Prepared, tmp_path: Path
) -> None:
    # The `docker` command alone is led astray: the provider finds the engine.
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    docker.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{prepared.environment['PATH']}"
    shown = running.with_environment({"PATH": path}).preview(NO_CHANGES)
    assert shown.exit_code == 0, shown.output


def test_after_a_refresh_nothing_changes_either(running: SandboxStack) -> None:
    assert running.refresh().exit_code == 0
    finished = running.up(capture=True)
    assert finished.exit_code == 0, finished.output
    assert set(running.last_changes()) == {"same"}


def test_another_day_of_packages_is_another_image_and_the_former_one_goes_when_it_is_asked_for(
    running: SandboxStack,
) -> None:
    before, server = images(running.name), held(running)
    running.configure({"imagePackagesDate": "2026-11-30"})
    finished = running.up(capture=True)
    assert finished.exit_code == 0, finished.output
    assert not kept(server, held(running), CONTAINER)
    current = set(images(running.name)) - set(before)
    assert len(current) == 2

    removed = subprocess.run(
        ["make", "--silent", "clean-images", f"STACK_ID={running.outputs()['stackId']}"],
        cwd=PROJECT_DIRECTORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert removed.returncode == 0, removed.stderr
    # What other containers of this engine run may be the same as this stack's former image.
    kept_for_others = {name for name in before if f"Image {name} is kept: a container" in removed.stdout}
    assert set(images(running.name)) == current | kept_for_others
    assert removed.stdout.count("is gone.") == len(before) - len(kept_for_others)
    assert all(answer.ok for answer in demo_answers(running.outputs()))


def test_a_build_that_fails_ends_with_its_last_lines_and_the_next_one_is_green(running: SandboxStack) -> None:
    running.configure({"imageBase": "debian:no-such-suite"})
    failed = running.up(capture=True)
    running.configure({"imageBase": None})
    mended = running.up(capture=True)
    assert failed.exit_code != 0
    assert "debian:no-such-suite" in failed.output
    assert "All that it said is in " in failed.output
    assert "Traceback" not in failed.output
    assert mended.exit_code == 0, mended.output


def test_destroy_removes_the_images(running: SandboxStack) -> None:
    names = images(running.name)
    destroyed = running.destroy(capture=True)
    assert destroyed.exit_code == 0, destroyed.output
    assert image_tags().isdisjoint(names)
