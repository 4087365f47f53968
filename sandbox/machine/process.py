"""Child processes of the sandbox: output goes to a log file, whose end is shown when the process fails."""

import contextlib
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from sandbox.errors import SandboxError
from sandbox.machine.process_table import end, in_session

LINES_SHOWN = 20
ENDED_WITHIN = 5.0
"""Seconds that a process has to end by itself when this program is asked to stop."""

_stopping = threading.Event()
_lock = threading.Lock()
_running: set[int] = set()
"""The processes that run now; each leads a session of its own."""


def run(
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> None:
    """Run a command to its end, appending its output to `log`; `env` is added to this process's environment.

    A Ctrl-C in the terminal does not reach it: `stop_all` does. Raises SandboxError with the last lines of the output
    when the command fails, cannot be started, or runs longer than `timeout` seconds.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    shown = shlex.join(str(part) for part in command)
    with log.open("a") as output:
        output.write(f"$ {shown}\n")
        output.flush()
        try:
            process = _start(command, output, cwd, env)
        except FileNotFoundError as error:
            raise SandboxError(f"{command[0]} is not installed, and `{shown}` needs it.") from error
        try:
            code = _wait(process, timeout)
        except subprocess.TimeoutExpired as error:
            raise SandboxError(
                f"`{shown}` ran longer than {timeout:.0f} s. Its output is in {log}."
            ) from error
    if code != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-LINES_SHOWN:])
        raise SandboxError(
            f"`{shown}` failed with exit code {code}. Its last lines:\n{tail}\nAll of it is in {log}."
        )


def stop_all() -> None:
    """End every process that `run` has started, as a Ctrl-C would, within seconds; from now on `run` starts none."""
    _stopping.set()
    with _lock:
        stopped = {pid: in_session(pid) for pid in _running}
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGINT)
    until = time.monotonic() + ENDED_WITHIN
    while stopped.keys() & _running and time.monotonic() < until:
        time.sleep(0.05)
    end(pid for members in stopped.values() for pid in members)


def _start(
    command: Sequence[str | Path], output: IO[str], cwd: Path | None, env: Mapping[str, str] | None
) -> "subprocess.Popen[bytes]":
    with _lock:
        if _stopping.is_set():
            raise SandboxError("This program has been asked to stop.")
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _running.add(process.pid)
    return process


def _wait(process: "subprocess.Popen[bytes]", timeout: float | None) -> int:
    """Return the exit code of a process; if the wait for it is interrupted, end the process."""
    try:
        return process.wait(timeout)
    except BaseException:
        end(in_session(process.pid))
        raise
    finally:
        with _lock:
            _running.discard(process.pid)
