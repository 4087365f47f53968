"""What a stack is told when it meets what is not its own: another Docker engine, and another stack's ports."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.client import DockerClient

from sandbox.machine.ports import free_port
from sandbox.preparation import Prepared
from sandbox.pulumi.stack import PROJECT, SandboxStack
from tests.e2e.conftest import containers, new_stack, remove_left_overs

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

NAME, NEIGHBOUR = "engines", "engines-neighbour"
SERVER_PORT, ELASTICSEARCH_PORT = 18680, 19800
ANOTHER = "ZZZZ:9999"


@pytest.fixture(scope="module")
def running(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxStack]:
    ports = {"serverPort": free_port(SERVER_PORT), "elasticsearchPort": free_port(ELASTICSEARCH_PORT)}
    stack = new_stack(NAME, tmp_path_factory.mktemp(NAME), prepared, **ports)
    try:
        finished = stack.up(capture=True)
        assert finished.exit_code == 0, finished.output
        yield stack
    finally:
        remove_left_overs(NAME)


@pytest.fixture
def elsewhere(running: SandboxStack, prepared: Prepared, tmp_path: Path) -> SandboxStack:
    """Return the stack on a machine whose engine has another id: `docker info` says so, all else is as it is."""
    docker = tmp_path / "docker"
    real = shutil.which("docker")
    docker.write_text(f'#!/bin/sh\n[ "$1" = info ] && echo {ANOTHER} && exit\nexec {real} "$@"\n')
    docker.chmod(0o755)
    return running.with_environment({"PATH": f"{tmp_path}:{prepared.environment['PATH']}"})


def ids() -> set[str]:
    """Return the ids of the stack's containers."""
    return {str(one.id) for one in containers(NAME)}


def test_on_another_engine_nothing_is_changed_and_a_preview_shows_no_change(
    running: SandboxStack, elsewhere: SandboxStack
) -> None:
    before, state = ids(), running.export()["deployment"]["resources"]
    for stopped in (elsewhere.up(capture=True), elsewhere.refresh(), elsewhere.destroy(capture=True)):
        assert stopped.exit_code != 0
        assert "is not the one that this stack lives on; nothing was changed" in stopped.output
        assert f"pulumi config set dockerEngine {ANOTHER}" in stopped.output
        assert "Traceback" not in stopped.output
    assert ids() == before
    assert {one["urn"] for one in running.export()["deployment"]["resources"]} == {
        one["urn"] for one in state
    }
    shown = elsewhere.preview("--expect-no-changes")
    assert shown.exit_code == 0, shown.output
    assert "not the Docker engine that the stack lives on" in shown.output


def test_whoever_names_the_other_engine_moves_the_stack_there(
    running: SandboxStack, elsewhere: SandboxStack
) -> None:
    here = DockerClient.from_env().info()["ID"]
    running.configure({"dockerEngine": ANOTHER})
    moved = elsewhere.up("--target", "**::engine", capture=True)
    assert moved.exit_code == 0, moved.output
    made = elsewhere.up("--refresh", capture=True)
    assert made.exit_code == 0, made.output
    running.configure({"dockerEngine": here})
    back = running.up(capture=True)
    assert back.exit_code == 0, back.output
    running.configure({"dockerEngine": None})
    shown = running.preview("--expect-no-changes")
    assert shown.exit_code == 0, shown.output


@pytest.mark.parametrize(
    ("setting", "holder"), [("serverPort", "gateway"), ("elasticsearchPort", "elasticsearch")]
)
def test_a_second_stack_on_the_same_port_is_told_who_has_it_and_what_to_set(
    running: SandboxStack, prepared: Prepared, tmp_path: Path, setting: str, holder: str
) -> None:
    before, port = ids(), running.settings[setting]
    neighbour = new_stack(NEIGHBOUR, tmp_path, prepared, **{setting: port})
    try:
        stopped = neighbour.up(capture=True)
        assert stopped.exit_code != 0
        assert f"Port {port} of 127.0.0.1 belongs to container {PROJECT}-{NAME}-{holder}" in stopped.output
        assert f"pulumi config set {setting} {port + 1}" in stopped.output
        assert ids() == before
    finally:
        neighbour.destroy(capture=True)
        remove_left_overs(NEIGHBOUR)
