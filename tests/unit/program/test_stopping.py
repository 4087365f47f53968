"""Programs of an update end within seconds when they are stopped, and nothing that they started outlives them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.program.declaration import run_program
from tests.unit.declared import declare, one
from tests.unit.project import PROJECT_DIRECTORY

ENDS_WITHIN = 5.0

WAITING = """
import sys
from components.engine.docker_cli import run
from components.program.stopping import run_until_stopped
sys.exit(run_until_stopped(lambda: run(["sleep", "97.{number}"]).returncode))
"""

BUILDING = """
import os, sys
from components.commands import image_build
from components.program.entry import run_to_end
sys.exit(run_to_end(image_build.work))
"""

DOCKER = """#!/bin/sh
case "$1" in
    --version) echo "Docker version 20.10.24, build x" ;;
    build) echo "#1 compiling"; sleep 97.{number} & wait ;;
esac
"""
"""A double of the `docker` command that has a child of its own do the work, as the buildx plugin is one."""


def running(number: int) -> bool:
    """Tell whether the sleep of this number runs."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if command == b"sleep\x0097.%d\x00" % number:
            return True
    return False


def wait_until(number: int, *, there: bool, within: float) -> None:
    until = time.monotonic() + within
    while running(number) is not there:
        assert time.monotonic() < until, f"the process is {'not ' if there else 'still '}there"
        time.sleep(0.05)


def started(program: str, number: int, folder: Path) -> "subprocess.Popen[bytes]":
    """Start a program as the command plugin does, by a shell, and wait until what it starts is there."""
    docker = folder / "docker"
    docker.write_text(DOCKER.format(number=number))
    docker.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(folder),
        "IMAGE_BUILD_NAME": "image:tag",
        "IMAGE_BUILD_CONTEXT": str(folder),
        "IMAGE_BUILD_DOCKERFILE": str(folder / "Dockerfile"),
        "IMAGE_BUILD_ARGUMENTS": "{}",
        "IMAGE_BUILD_PLATFORM": "linux/amd64",
        "IMAGE_BUILD_NETWORK": "none",
    }
    process = subprocess.Popen(
        ["/bin/sh", "-c", f"exec {sys.executable} -c '{program.format(number=number)}'"],
        cwd=PROJECT_DIRECTORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_until(number, there=True, within=10)
    return process


@pytest.mark.parametrize("program", [WAITING, BUILDING], ids=["waiting", "building"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_program_that_is_stopped_ends_in_seconds_and_takes_its_children_with_it(
    program: str, how: signal.Signals, tmp_path: Path
) -> None:
    number = os.getpid() * 10 + how
    process = started(program, number, tmp_path)
    began = time.monotonic()
    process.send_signal(how)
    _, said = process.communicate(timeout=ENDS_WITHIN)
    assert process.returncode == 130
    assert said.decode().splitlines()[-1].startswith("Stopped.")
    assert b"Traceback" not in said
    wait_until(number, there=False, within=ENDS_WITHIN - (time.monotonic() - began))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_program_that_is_killed_leaves_no_children_either(tmp_path: Path) -> None:
    number = os.getpid() * 10 + 9
    process = started(WAITING, number, tmp_path)
    process.kill()
    process.communicate(timeout=ENDS_WITHIN)
    wait_until(number, there=False, within=ENDS_WITHIN)


def test_a_command_is_the_same_on_every_machine_and_gives_its_place_to_the_program() -> None:
    declared = declare(
        lambda: run_program("name", "traffic", environment={}, triggers=[], opts=None)  # type: ignore[arg-type]
    )
    script = one(declared, "command:local:Command").inputs["create"]
    assert script.startswith("exec ")
    assert script.endswith("python3 -m components.commands.traffic")
    assert str(PROJECT_DIRECTORY) not in script


def test_a_command_runs_by_the_virtual_environment_where_the_systems_python_is_older(tmp_path: Path) -> None:
    script = one(
        declare(lambda: run_program("name", "traffic", environment={}, triggers=[], opts=None)),  # type: ignore[arg-type]
        "command:local:Command",
    ).inputs["create"]
    for folder, version in ((tmp_path / ".venv/bin", "3.12"), (tmp_path / "system", "3.6")):
        folder.mkdir(parents=True)
        (folder / "python3").write_text(f"#!/bin/sh\necho {version} $*\n")
        (folder / "python3").chmod(0o755)
    environment = {"PATH": f"{tmp_path / 'system'}:/usr/bin:/bin"}
    done = subprocess.run(
        ["/bin/sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "3.12 -m components.commands.traffic"
