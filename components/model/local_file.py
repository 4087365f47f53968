"""The model file on this machine: whether it is there, and whether it is what was verified.

Beside the file FILE lie FILE.verified.json, which records what was verified so that 430 MB need not be hashed at every
look; FILE.lock while somebody fetches; and FILE.DIGEST.partial, the bytes that have come so far. The record outlives
the file: it says which content the place stands for, so that a branch that has moved is not taken in its stead.
"""

import errno
import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from components.model.errors import DirectoryError, DiskFullError, ModelError, WrongContentError
from components.model.wanted import Content, ModelFile, WantedFile

GGUF_MAGIC = b"GGUF"
"""The first four bytes of every GGUF file, from the format's specification."""

Look = Literal["intact", "changed", "missing", "away"]
"""What a look at a place shows; "away" is a file where this machine, or this user, can't look."""

_CHUNK = 4 * 1024 * 1024
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOTHING = -1
"""Size and time in a record of a file that is missing or damaged: no file has them."""


@dataclass(frozen=True, kw_only=True)
class _Record:
    """What was verified, and the state of the file then: the record is void once the file has changed."""

    size: int
    mtime_ns: int
    sha256: str
    commit: str


def record_path(path: Path) -> Path:
    """Return the place of the record of what was verified."""
    return path.with_name(path.name + ".verified.json")


def recorded(path: Path) -> ModelFile | None:
    """Return the file as verified earlier, without reading it again; None where it is missing or has changed."""
    record = _read_record(path)
    try:
        status = path.stat()
    except OSError:
        return None
    if record is None or (status.st_size, status.st_mtime_ns) != (record.size, record.mtime_ns):
        return None
    return ModelFile(path=path, size=record.size, sha256=record.sha256, commit=record.commit)


def look(path: Path, sha256: str) -> Look:
    """Return the state of a file without reading it: whether it is still there, as it was verified."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError:
        return "away"
    known = recorded(path)
    return "intact" if known and known.sha256 == sha256 else "changed"


def recorded_content(path: Path) -> Content | None:
    """Return the content that was last verified here, even if the file is missing or damaged now."""
    record = _read_record(path)
    return Content(commit=record.commit, sha256=record.sha256) if record else None


def held_content(wanted: WantedFile) -> Content | None:
    """Return the content to download again, None if nothing was ever there.

    The stack's own state comes before the record, which may be another stack's. A person who names a content by
    `wanted.sha256`, or a commit, means that.
    """
    for held in (wanted.held, recorded_content(wanted.path)):
        if held and wanted.sha256 in ("", held.sha256) and (wanted.moves or wanted.revision == held.commit):
            return held
    return None


def verified(wanted: WantedFile) -> ModelFile | None:
    """Return the file at its place, if it was verified as the content that is wanted and has not changed since."""
    known, held = recorded(wanted.path), held_content(wanted)
    return known if known and held and known.sha256 == held.sha256 else None


def write_record(path: Path, sha256: str, commit: str) -> ModelFile:
    """Record that the file as it is now has this content. Raises OSError where the folder can't be written."""
    status = path.stat()
    _write_record(
        path, _Record(size=status.st_size, mtime_ns=status.st_mtime_ns, sha256=sha256, commit=commit)
    )
    return ModelFile(path=path, size=status.st_size, sha256=sha256, commit=commit)


def hold(path: Path, held: Content) -> None:
    """Record the content to download again to this place, and that it is missing, if that can be written."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_record(path, _Record(size=_NOTHING, mtime_ns=_NOTHING, sha256=held.sha256, commit=held.commit))


def _read_record(path: Path) -> _Record | None:
    try:
        return _Record(**json.loads(record_path(path).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _write_record(path: Path, record: _Record) -> None:
    temporary = record_path(path).with_suffix(
        f".{os.getpid()}.new"
    )  # two stacks may look at one file at once
    temporary.write_text(json.dumps(vars(record), indent=1) + "\n")
    temporary.replace(record_path(path))


def is_intact(path: Path, sha256: str) -> bool:
    """Tell, by reading the whole file, whether it is there with this content. A record that proved wrong is dropped."""
    try:
        found = file_sha256(path)
    except FileNotFoundError:
        found = ""
    record = recorded_content(path)
    if record and record.sha256 != found:
        hold(path, record)
    return found == sha256


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def require_content(path: Path, wanted: WantedFile, size: int, sha256: str) -> None:
    """Raise WrongContentError unless the file at `path` has this size and content."""
    found_size = path.stat().st_size
    found_sha256 = file_sha256(path)
    if (found_size, found_sha256) != (size, sha256):
        raise WrongContentError(
            f"{wanted.file} of {wanted.repository} came with wrong content and was removed: it has {found_size} bytes "
            f"and SHA-256 {found_sha256}, but {size} bytes and {sha256} were expected.\n"
            "A proxy or mirror on the way may have changed it. Run `pulumi up` again; if it happens again, check "
            "HF_ENDPOINT and the proxy settings."
        )


def require_gguf(path: Path, wanted: WantedFile) -> None:
    """Remove the file at `path` and raise WrongContentError unless it is a GGUF file."""
    with path.open("rb") as file:
        if file.read(len(GGUF_MAGIC)) == GGUF_MAGIC:
            return
    path.unlink()
    raise WrongContentError(
        f"{wanted.file} of {wanted.repository} is not a GGUF file, which is all that llama.cpp reads; it was "
        "removed.\nSet modelRepository and modelFile to a GGUF file."
    )


def remove(path: Path) -> None:
    """Remove the file and what lies beside it, and the folders that are empty then. Raises OSError."""
    for one in (
        path,
        record_path(path),
        path.with_name(path.name + ".lock"),
        *_beside(path, "partial", "new"),
    ):
        one.unlink(missing_ok=True)
    for folder in list(path.parents)[:3]:  # revision, name and owner, as in `model_path`
        if not folder.is_dir() or any(folder.iterdir()):
            return
        folder.rmdir()


def partials(path: Path) -> list[Path]:
    """Return the unfinished downloads of the file, whatever content they are of."""
    return _beside(path, "partial")


def _beside(path: Path, *endings: str) -> list[Path]:
    if not path.parent.is_dir():
        return []
    suffixes = tuple(f".{ending}" for ending in endings)
    return [
        one
        for one in path.parent.iterdir()
        if one.name.startswith(f"{path.name}.") and one.suffix in suffixes
    ]


def require_room(wanted: WantedFile, needed: int) -> None:
    """Raise DiskFullError unless the disk has room for `needed` more bytes where the file goes."""
    free = shutil.disk_usage(wanted.path.parent).free
    if needed > free:
        raise DiskFullError(
            f"{wanted.file} needs {needed / 1e6:.1f} MB more, but {wanted.path.parent} has {free / 1e6:.1f} MB free.\n"
            "Make room, or set modelsDirectory to a folder on a larger disk."
        )


def sync(path: Path) -> None:
    """Flush a file's bytes, or a folder's names, to the disk, so that they survive a power failure. Raises OSError."""
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


def size_of(path: Path) -> int:
    """Return the size of a file in bytes, 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
