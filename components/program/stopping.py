"""Ends a program of an update within seconds when it is to stop, and with it what it has started.

Pulumi stops a program by a signal: SIGINT or SIGTERM, which are answered here, or SIGKILL, which nobody can answer. So
on Linux the kernel is told to end the children with their parent; elsewhere they end when they next write to it.
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
"""Loaded before any child is forked: between fork and exec only little may be done."""


class StoppedError(BaseException):
    """The program is to end. No Exception, so that nothing takes it for a failure that it can go on from."""


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
    """Return what a child calls before it becomes another program, so that it ends when this one does.

    None where that can't be asked for: the kernel takes the thread that starts the child for its parent, and in a
    process of several threads, such as a provider's, nothing may be called between fork and exec.
    """
    alone = _LIBC is not None and threading.current_thread() is threading.main_thread()
    return _end_with_parent if alone else None


def _end_with_parent() -> None:
    if _LIBC is not None:
        # Not SIGKILL: a command that has a plugin do its work must be able to end that too.
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end_group(process: subprocess.Popen[Any]) -> None:
    """End a child that leads a session of its own, and its children with it; nothing where it has ended."""
    if process.poll() is not None:
        return
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, ending)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
            return


def _stop(_signal: int, _frame: object) -> None:
    # A second signal must not disturb what the first one has set going.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise StoppedError
