"""Runs one command of the Pulumi CLI: passes each interrupt on to it once, and waits until it has ended."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from sandbox.machine.interrupts import held_back
from sandbox.machine.process_table import end, in_session

UPDATES = frozenset({"up", "preview", "refresh", "destroy"})
"""The commands that end in good order on an interrupt; the others take a second and are let finish."""

WAITING = "Stopping: Pulumi finishes the step it is at and keeps what is done. Another Ctrl-C makes it give up at once."
GIVING_UP = "Pulumi gives up at once. The next run cleans up what is left half done."


@dataclass(frozen=True)
class Finished:
    """A Pulumi command that has ended: its exit code and, where it was captured, all that it wrote."""

    exit_code: int
    output: str
    errors: str = ""
    """Standard error, where it was captured apart from the output."""


def run(
    arguments: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    capture: bool,
    apart: bool = False,
    given: str = "",
) -> Finished:
    """Run one command to its end, with `given` as its standard input.

    Raises Stopped if a signal asked this program to stop meanwhile; by then an update has been told so, and has ended.
    Processes that the command left running, such as plugins of an update that was killed, have ended too.
    """
    interrupt = _Interrupt(passed_on=arguments[0] in UPDATES)
    with held_back(interrupt.came):
        process = _started(arguments, cwd, environment, apart=apart)
        rest = threading.Thread(target=_end_rest, args=(process,), daemon=True)
        rest.start()
        try:
            interrupt.goes_to(process)
            if not capture:
                _show(process)
            output, errors = process.communicate(given)
        except BaseException:  # a test that ran out of time, say
            end(in_session(process.pid))
            raise
        finally:
            rest.join()
    return Finished(process.returncode, output or "", errors or "")


def _started(
    arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], *, apart: bool
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["pulumi", *arguments, "--non-interactive"],
        cwd=cwd,
        env=environment,
        stdin=subprocess.PIPE,
        # Never the terminal or the next program of a pipe: a Ctrl-C may end those first, and Pulumi dies of a line
        # that nobody reads.
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if apart else subprocess.STDOUT,
        text=True,
        errors="replace",
        # The terminal's own Ctrl-C would come beside ours, and Pulumi gives up at the second one. All plugins are in
        # this session, though in groups of their own.
        start_new_session=True,
    )


def _end_rest(process: "subprocess.Popen[str]") -> None:
    """End what a command leaves running, since it may keep open the pipes that are read to their end."""
    process.wait()
    end(in_session(process.pid))


def _show(process: "subprocess.Popen[str]") -> None:
    for line in process.stdout or ():
        _write(line, sys.stdout)


def _write(text: str, stream: TextIO) -> None:
    # A terminal that is closed, a pipe whose reader has ended, a second signal while the line of the first is written.
    with suppress(OSError, ValueError, RuntimeError):
        stream.write(text)
        stream.flush()


class _Interrupt:
    """Passes the signals that stop this program on to Pulumi, each once, even one that came before it had started."""

    def __init__(self, *, passed_on: bool) -> None:
        self._passed_on = passed_on
        self._process: subprocess.Popen[str] | None = None
        self._came = 0
        self._waiting: deque[tuple[int, bool]] = deque()

    def came(self, number: int) -> None:
        # A second Ctrl-C is a person's decision; a closing terminal and `make` repeat the other signals by themselves.
        if self._passed_on and (number == signal.SIGINT or not self._came):
            self._came += 1
            self._waiting.append((number, self._came == 1))
            self._pass_on()

    def goes_to(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._pass_on()

    def _pass_on(self) -> None:
        if self._process is None:
            return
        with suppress(IndexError):  # a signal may come within this, and then leaves nothing to pass on
            while True:
                number, first = self._waiting.popleft()
                _write(f"\n{WAITING if first else GIVING_UP}\n", sys.stderr)
                # Pulumi takes SIGINT and SIGTERM for a wish to stop, and dies of SIGHUP.
                wish = signal.SIGINT if number == signal.SIGINT else signal.SIGTERM
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, wish)
