"""The processes of this machine: lists them, finds those of one session, and ends them."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
ENDED_WITHIN = 5.0
"""Seconds that a process has to end when it is asked to, before it is killed."""
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Process:
    """A process that is alive: its number, its parent's, that of the session it is in, and its program's name."""

    pid: int
    parent: int
    session: int
    program: str


def processes() -> list[Process]:
    """Return all processes, except those that have ended but whose parent has not asked for their exit code."""
    if (PROC / "self" / "stat").is_file():
        return [found for folder in PROC.glob("[0-9]*") for found in _from_proc(folder)]
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,comm="], capture_output=True, text=True, check=True
    )
    return [found for line in listed.stdout.splitlines() for found in _from_ps(line)]


def in_session(leader: int) -> set[int]:
    """Return the processes of the session that `leader` leads or led, with all that they have started."""
    table = processes()
    members = {one.pid for one in table if one.session == leader}
    grown = True
    while grown:
        started = {one.pid for one in table if one.parent in members} - members
        members |= started
        grown = bool(started)
    return members


def has_in_environment(pid: int, setting: str) -> bool:
    """Tell whether a process of this user was started with `setting` (NAME=value) in its environment."""
    try:
        return setting.encode() in (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except FileNotFoundError:
        pass
    except OSError:
        return False
    shown = subprocess.run(
        ["ps", "-E", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return setting in shown.stdout.split()


def end(pids: Iterable[int]) -> None:
    """Ask processes to end, and kill those that are still there after 5 s."""
    left = set(pids)
    _send(left, signal.SIGTERM)
    until = time.monotonic() + ENDED_WITHIN
    while left := left & {one.pid for one in processes()}:
        if time.monotonic() > until:
            _send(left, signal.SIGKILL)
            return
        time.sleep(POLL_SECONDS)


def _send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _from_proc(folder: Path) -> list[Process]:
    try:
        # "PID (PROGRAM) STATE PARENT GROUP SESSION …", where PROGRAM may hold spaces and brackets (proc(5)).
        before, _, after = (folder / "stat").read_text(errors="replace").rpartition(") ")
    except OSError:
        return []  # ended meanwhile
    state, parent, _, session = after.split()[:4]
    program = before.partition(" (")[2]
    return [] if state in "ZX" else [Process(int(folder.name), int(parent), int(session), program)]


def _from_ps(line: str) -> list[Process]:
    pid, parent, state, program = line.split(maxsplit=3)
    try:
        session = os.getsid(int(pid))
    except OSError:
        session = 0  # ended meanwhile, or of another user
    return [] if state.startswith("Z") else [Process(int(pid), int(parent), session, Path(program).name)]
