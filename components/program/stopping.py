"""Ends a program of an update, and the processes that it has started, within seconds of a signal to stop.

Pulumi stops a program by a signal: SIGINT or SIGTERM, which are handled here, or SIGKILL, which no program can handle.
So on Linux the kernel is told to end the children with their parent; elsewhere they end at their next write to it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

STOPPED = 130
"""Exit code of a program that was stopped, as shells have it."""

GRACE = 2.0
"""Seconds in which a child may end by itself before it is killed."""

_PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
"""Loaded before any child is forked: between fork and exec a process may do very little."""


class StoppedError(BaseException):
    """The program must end. It is not an Exception, so that no handler takes it for a failure to recover from."""


def run_until_stopped(main: Callable[[], int]) -> int:
    """Return the exit code of `main`, or STOPPED when a signal ends it: what it has opened is closed on the way."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        return main()
    except StoppedError:
        print("Stopped. What was begun is not used; `pulumi up` begins it anew.", file=sys.stderr)
        return STOPPED


def ending_with_this() -> Callable[[], None] | None:
    """Return the `preexec_fn` that makes a child process end when this process ends.

    Returns None where that is not possible: the kernel takes the thread that starts the child for its parent, and in a
    process of several threads, such as a provider's, nothing may be called between fork and exec.
    """
    alone = _LIBC is not None and threading.current_thread() is threading.main_thread()
    return _end_with_parent if alone else None


def _end_with_parent() -> None:
    if _LIBC is not None:
        # Not SIGKILL: a command that has a plugin do its work must be able to end that too.
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end_group(process: subprocess.Popen[Any]) -> None:
    """End a child that leads its own session, and the child's children; do nothing if it has already ended."""
    if process.poll() is not None:
        return
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, ending)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
            return


def _stop(_signal: int, _frame: object) -> None:
    # A second signal must not interrupt the cleanup that the first one started.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise StoppedError
