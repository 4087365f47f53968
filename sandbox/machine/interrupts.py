"""What stops this program from outside: Ctrl-C, SIGTERM, and a terminal that is closed."""

import contextlib
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BY_SIGNAL = 128
"""Shells give a program that a signal ended this exit code, plus the signal's number."""


class Stopped(KeyboardInterrupt):
    """A signal asked this program to stop; its exit code shall be `exit_code`."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = BY_SIGNAL + number


@contextmanager
def stoppable() -> Iterator[None]:
    """Have each of these signals raise Stopped in the main thread while inside."""

    def stop(number: int) -> None:
        raise Stopped(number)

    with _handled(stop):
        yield


@contextmanager
def held_back(tell: Callable[[int], None]) -> Iterator[None]:
    """Call `tell` with each signal that comes while inside, and raise Stopped for the first of them at the end."""
    came: list[int] = []

    def hold(number: int) -> None:
        came.append(number)
        tell(number)

    with _handled(hold):
        yield
    if came:
        raise Stopped(came[0])


@contextmanager
def _handled(handle: Callable[[int], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals come to the main thread alone
        return

    def handler(number: int, frame: FrameType | None) -> None:
        del frame
        if number == signal.SIGHUP:
            _leave_terminal()
        handle(number)

    # What the caller has this program ignore (nohup, a job in the background) stays ignored.
    former = {one: what for one in STOPPING if (what := signal.getsignal(one)) not in (None, signal.SIG_IGN)}
    for one in former:
        signal.signal(one, handler)
    try:
        yield
    finally:
        for one, what in former.items():
            signal.signal(one, what)


def _leave_terminal() -> None:
    """Write no more to a terminal that is closed: each line would be an error."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            if stat.S_ISCHR(os.fstat(stream.fileno()).st_mode):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
