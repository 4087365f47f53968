"""The disk that the file goes to: room, durability, and what a person is told when it fails."""

import errno
import os
import shutil
from pathlib import Path

from components.model.errors import DirectoryError, DiskFullError, ModelError
from components.model.wanted import WantedFile

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def require_room(wanted: WantedFile, needed: int) -> None:
    """Raise DiskFullError unless `needed` bytes more have room where the file goes."""
    free = shutil.disk_usage(wanted.path.parent).free
    if needed > free:
        raise DiskFullError(
            f"{wanted.file} needs {needed / 1e6:.1f} MB more, but {wanted.path.parent} has {free / 1e6:.1f} MB free.\n"
            "Make room, or set modelsDirectory to a folder on a larger disk."
        )


def sync(path: Path) -> None:
    """Have a file's bytes, or a folder's names, survive a loss of power. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def explain_disk(error: OSError, wanted: WantedFile) -> ModelError:
    """Return the error to raise instead: what happened, why, and what to do next."""
    reason = error.strerror or str(error)
    if error.errno in _NO_ROOM:
        return DiskFullError(
            f"There is no more room in {wanted.path.parent} for {wanted.file} ({reason}). What has come is kept.\n"
            "Make room and run `pulumi up` again to go on, or set modelsDirectory to a folder on a larger disk."
        )
    return DirectoryError(
        f"{wanted.file} can't be written to {wanted.path.parent}: {reason}.\n"
        "Make the folder writable for the person who runs Pulumi, or set modelsDirectory to another one."
    )
