"""Marks what an evaluation makes beside the stack, so that a later one removes what a killed one has left."""

import os
import time
from contextlib import suppress

from components.model.machine import this_machine

DAY = 86_400.0
"""Seconds after which something of another machine, whose processes cannot be looked at, counts as left."""


def own_mark() -> str:
    """Return the mark of this process: MACHINE:PID:SECONDS, the time as seconds of the epoch."""
    return f"{this_machine()}:{os.getpid()}:{time.time():.0f}"


def is_left(mark: object) -> bool:
    """Tell whether the process that left this mark is gone; something without a readable mark is never left."""
    parts = str(mark).split(":")
    if len(parts) != 3 or not parts[1].isdigit() or not parts[2].isdigit():
        return False
    machine, pid, began = parts[0], int(parts[1]), float(parts[2])
    if machine == this_machine():
        return not _lives(pid)
    return time.time() - began > DAY


def _lives(pid: int) -> bool:
    with suppress(PermissionError):  # it lives, and is somebody else's
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
