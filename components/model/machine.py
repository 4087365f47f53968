"""Which machine this is: a stack's state says on which one its model file lies."""

import hashlib
import platform
import sys
import uuid
from contextlib import suppress
from pathlib import Path

_NAMED_IN = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
"""Where Linux keeps the id of an installation, see machine-id(5), which asks not to hand it on as it is."""


def this_machine() -> str:
    """Return 16 hexadecimal digits that identify this machine and stay the same."""
    told = f"{platform.node()}\0{_installation()}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _installation() -> str:
    for place in _NAMED_IN:
        with suppress(OSError):
            if found := place.read_text().strip():
                return found
    # Containers on Linux often have no machine id, and their names repeat. Macs keep their names.
    return "" if sys.platform == "darwin" else str(uuid.getnode())
