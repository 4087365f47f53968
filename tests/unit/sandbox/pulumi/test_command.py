"""How often an interrupt reaches the Pulumi CLI, what is waited for, and what is left afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.machine.process_table import processes

PROJECT = Path(__file__).parents[4]

CLI = """#!{python}
import os, signal, subprocess, sys, time
from pathlib import Path

here = Path({here!r})
came = []

def record(number, frame):
    came.append(signal.Signals(number).name)
    (here / "signals").write_text(" ".join(came))

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, record)
plugin = subprocess.Popen(["sleep", "60"], process_group=0)
(here / "plugin").write_text(str(plugin.pid))
print("updating", flush=True)
(here / "started").touch()
until = time.monotonic() + 60
while not (here / "end").exists() and time.monotonic() < until:
    time.sleep(0.01)
if (here / "end").read_text() == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
print("ended", flush=True)
plugin.kill()
plugin.wait()
sys.exit(255 if came else 0)
"""

PROGRAM = """
import os, sys
from pathlib import Path
from sandbox.machine.interrupts import Stopped, stoppable
from sandbox.pulumi.command import run
try:
    with stoppable():
        finished = run(sys.argv[2:], cwd=Path("/"), environment=os.environ, capture=False)
except Stopped as stopped:
    sys.exit(stopped.exit_code)
sys.exit(finished.exit_code)
"""


class Running:
    """A program, in a process group of its own as a shell starts it, that runs a command of the CLI."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        cli = folder / "bin" / "pulumi"
        cli.parent.mkdir()
        cli.write_text(CLI.format(python=sys.executable, here=str(folder)))
        cli.chmod(0o755)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "program", *arguments],
            cwd=PROJECT,
            env={**os.environ, "PATH": f"{cli.parent}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A job in the background, which a run of the tests may be, ignores Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
            process_group=0,
        )
        self.wait_for("started")

    def wait_for(self, name: str) -> str:
        until = time.monotonic() + 20
        while not (self.folder / name).exists():
            assert time.monotonic() < until, f"{name} did not come"
            time.sleep(0.01)
        return (self.folder / name).read_text()

    def interrupt(self, number: int, reaches: str) -> None:
        """Send a signal to the whole group, as a terminal does, and wait for what shall have reached the CLI."""
        os.killpg(self.process.pid, number)
        until = time.monotonic() + 30
        while not (self.folder / "signals").exists() or (self.folder / "signals").read_text() != reaches:
            assert time.monotonic() < until, f"not {reaches}"
            time.sleep(0.01)

    def end(self, how: str = "ended") -> tuple[int, str, str]:
        time.sleep(0.2)  # another signal would have come by now
        (self.folder / "end.partial").write_text(how)
        (self.folder / "end.partial").rename(self.folder / "end")
        output, errors = self.process.communicate(timeout=30)
        return self.process.returncode, output, errors

    @property
    def signals(self) -> str:
        file = self.folder / "signals"
        return file.read_text() if file.exists() else ""

    @property
    def plugin_runs(self) -> bool:
        plugin = int((self.folder / "plugin").read_text())
        return any(one.pid == plugin for one in processes())


@pytest.mark.parametrize(
    ("number", "arrives", "exit_code"),
    [
        (signal.SIGINT, "SIGINT", 130),
        (signal.SIGTERM, "SIGTERM", 143),
        pytest.param(signal.SIGHUP, "SIGTERM", 129, id="SIGHUP-Pulumi dies of"),
    ],
)
def test_an_interrupt_reaches_an_update_once_which_is_waited_for(
    number: int, arrives: str, exit_code: int, tmp_path: Path
) -> None:
    running = Running(tmp_path, "up", "--yes")

    running.interrupt(number, arrives)
    ended, output, errors = running.end()

    assert running.signals == arrives
    assert ended == exit_code
    assert output == "updating\nended\n"
    assert "Pulumi finishes the step it is at" in errors


@pytest.mark.parametrize(
    ("second", "arrive"),
    [
        pytest.param(signal.SIGINT, "SIGINT SIGINT", id="a person's second Ctrl-C"),
        pytest.param(signal.SIGTERM, "SIGINT", id="a service manager that loses patience"),
        pytest.param(signal.SIGHUP, "SIGINT", id="a terminal closed meanwhile"),
    ],
)
def test_only_a_person_has_pulumi_give_up_at_once(second: int, arrive: str, tmp_path: Path) -> None:
    running = Running(tmp_path, "up", "--yes")

    running.interrupt(signal.SIGINT, "SIGINT")
    running.interrupt(second, arrive)
    running.end()

    assert running.signals == arrive


def test_a_command_that_takes_a_second_is_let_finish(tmp_path: Path) -> None:
    running = Running(tmp_path, "stack", "init")

    os.killpg(running.process.pid, signal.SIGINT)
    ended, output, _ = running.end()

    assert running.signals == ""
    assert (ended, output) == (130, "updating\nended\n")


def test_the_plugins_of_a_killed_update_end_with_it(tmp_path: Path) -> None:
    running = Running(tmp_path, "up", "--yes")

    ended, _, _ = running.end("killed")

    assert ended == -signal.SIGKILL % 256
    assert not running.plugin_runs


def test_an_update_without_an_interrupt_ends_with_its_own_exit_code(tmp_path: Path) -> None:
    assert Running(tmp_path, "up").end() == (0, "updating\nended\n", "")


def test_an_update_outlives_whoever_reads_its_lines(tmp_path: Path) -> None:
    running = Running(tmp_path, "up")
    assert running.process.stdout is not None
    running.process.stdout.close()

    (tmp_path / "end").write_text("ended")

    assert running.process.wait(timeout=30) == 0
