"""One stack from several checkouts, as colleagues and CI have them: what the state holds is true for all of them.

The tests follow one another on one stack.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.preparation import Prepared
from sandbox.pulumi.stack import PROJECT_DIRECTORY, SandboxStack
from tests.e2e.conftest import new_stack, remove_left_overs
from tests.e2e.resources import held, kept

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

NAME = "e2e-checkouts"
MODEL = "pulumi-python:dynamic/model:ModelFile"
CONTAINER = "docker:index/container:Container"

ANOTHER_MACHINE = """
import platform
platform.machine = lambda: "riscv64"
platform.node = lambda: "another-machine"
"""


def checkout(folder: Path, umask: str = "022") -> Path:
    """Make a checkout of the working tree, with the files' modes that a `git clone` under `umask` gives them."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=PROJECT_DIRECTORY, check=True, capture_output=True).stdout
    bits = int(umask, 8)
    folder.mkdir(mode=0o777 & ~bits)
    for name in filter(None, names.decode().split("\0")):
        source, target = PROJECT_DIRECTORY / name, folder / name
        if not source.is_file():  # deleted, and not committed yet
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod((0o777 if source.stat().st_mode & 0o100 else 0o666) & ~bits)
    for one in [path for path in folder.rglob("*") if path.is_dir()]:
        one.chmod(0o777 & ~bits)
    (folder / ".venv").symlink_to(PROJECT_DIRECTORY / ".venv")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkouts")


@pytest.fixture(scope="module")
def stack(prepared: Prepared, folder: Path) -> Iterator[SandboxStack]:
    """Bring the stack up from the checkout `first`."""
    made = new_stack(NAME, folder / "settings", prepared).with_program(checkout(folder / "first"))
    brought_up = made.up(capture=True)
    assert brought_up.exit_code == 0, brought_up.output
    yield made
    remove_left_overs(NAME)


@pytest.fixture(scope="module")
def colleague(stack: SandboxStack, folder: Path) -> SandboxStack:
    """Return the stack as a colleague has it: another folder, another machine and processor."""
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(ANOTHER_MACHINE)
    elsewhere = stack.with_program(checkout(folder / "colleague"))
    return elsewhere.with_environment({"PYTHONPATH": str(site)})


@pytest.mark.parametrize("umask", ["022", "077"])
def test_a_preview_from_another_checkout_on_this_machine_is_empty(
    stack: SandboxStack, folder: Path, umask: str
) -> None:
    beside = stack.with_program(checkout(folder / f"beside-{umask}", umask))

    shown = beside.preview("--expect-no-changes", "--diff")

    assert shown.exit_code == 0, shown.output


def test_a_preview_on_another_machine_is_empty_before_and_after_a_refresh_there(
    stack: SandboxStack, colleague: SandboxStack, folder: Path
) -> None:
    before = held(stack)
    away = (folder / "first").rename(folder / "away")  # the other machine has no such folder
    try:
        for round_ in ("before", "after"):
            shown = colleague.preview("--expect-no-changes", "--diff")
            assert shown.exit_code == 0, f"{round_} the refresh: {shown.output}"
            refreshed = colleague.refresh()
            assert refreshed.exit_code == 0, refreshed.output
    finally:
        away.rename(folder / "first")

    assert held(stack)[f"{MODEL} model"] == before[f"{MODEL} model"]


def test_a_checkout_that_moves_takes_its_model_along(stack: SandboxStack, folder: Path) -> None:
    before = held(stack)
    moved = stack.with_program((folder / "first").rename(folder / "moved"))

    finished = moved.up(capture=True)

    assert finished.exit_code == 0, finished.output
    assert "downloading" not in finished.output
    assert stack.outputs()["modelFile"].startswith(f"{folder}/moved/models/")
    assert not (folder / "first").exists()
    assert not kept(before, held(stack), MODEL)
    assert moved.preview("--expect-no-changes").exit_code == 0


def test_a_model_that_is_lost_where_it_was_fetched_is_fetched_again(
    stack: SandboxStack, folder: Path
) -> None:
    moved = stack.with_program(folder / "moved")
    before = held(stack)
    shutil.rmtree(folder / "moved" / "models")

    finished = moved.up(capture=True)

    assert finished.exit_code == 0, finished.output
    assert Path(stack.outputs()["modelFile"]).is_file()
    # The server has had the same bytes before its eyes all the time.
    assert kept(before, held(stack), CONTAINER)


def test_another_machine_fetches_the_model_when_it_is_told_to(
    stack: SandboxStack, colleague: SandboxStack, folder: Path
) -> None:
    """As the message of a delivery that finds no file says, and docs/troubleshooting.md."""
    finished = colleague.up("--replace", "**ModelFile::model", capture=True)

    assert finished.exit_code == 0, finished.output
    assert stack.outputs()["modelFile"].startswith(f"{folder}/colleague/models/")
    assert colleague.preview("--expect-no-changes").exit_code == 0
