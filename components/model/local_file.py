"""The model file on this machine: whether it is there, and whether it is what was verified.

Beside the file FILE lie FILE.verified.json, which records what was verified so that 430 MB need not be hashed at every
look; FILE.lock while somebody fetches; and FILE.DIGEST.partial, the bytes that have come so far.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from components.model.errors import WrongContentError
from components.model.wanted import ModelFile, WantedFile

GGUF_MAGIC = b"GGUF"
"""The first four bytes of every GGUF file, from the format's specification."""

_CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class _Record:
    """What was verified, and of which state of the file: changed since, it says nothing."""

    size: int
    mtime_ns: int
    sha256: str
    commit: str


def record_path(path: Path) -> Path:
    """Return the place of the record of what was verified."""
    return path.with_name(path.name + ".verified.json")


def recorded(path: Path) -> ModelFile | None:
    """Return the file as verified earlier, without reading it again; None where it is missing or has changed."""
    try:
        record = _Record(**json.loads(record_path(path).read_text()))
        status = path.stat()
    except (OSError, ValueError, TypeError):
        return None
    if (status.st_size, status.st_mtime_ns) != (record.size, record.mtime_ns):
        return None
    return ModelFile(path=path, size=record.size, sha256=record.sha256, commit=record.commit)


def write_record(path: Path, sha256: str, commit: str) -> ModelFile:
    """Record that the file as it is now has this content. Raises OSError where the folder can't be written."""
    status = path.stat()
    record = _Record(size=status.st_size, mtime_ns=status.st_mtime_ns, sha256=sha256, commit=commit)
    temporary = record_path(path).with_suffix(".new")
    temporary.write_text(json.dumps(vars(record), indent=1) + "\n")
    temporary.replace(record_path(path))
    return ModelFile(path=path, size=record.size, sha256=sha256, commit=commit)


def is_intact(path: Path, sha256: str) -> bool:
    """Read the whole file again: is it there, with this content? A record that proves wrong is removed."""
    try:
        intact = file_sha256(path) == sha256
    except FileNotFoundError:
        intact = False
    if not intact:
        record_path(path).unlink(missing_ok=True)
    return intact


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def require_content(path: Path, wanted: WantedFile, size: int, sha256: str) -> None:
    """Raise WrongContentError unless the file at `path` has this size and content and is a GGUF file."""
    found_size = path.stat().st_size
    found_sha256 = file_sha256(path)
    if (found_size, found_sha256) != (size, sha256):
        raise WrongContentError(
            f"{wanted.file} of {wanted.repository} came with wrong content and was removed: it has {found_size} bytes "
            f"and SHA-256 {found_sha256}, but {size} bytes and {sha256} were expected.\n"
            "A proxy or mirror on the way may have changed it. Run `pulumi up` again; if it happens again, check "
            "HF_ENDPOINT and the proxy settings."
        )
    with path.open("rb") as file:
        if file.read(len(GGUF_MAGIC)) != GGUF_MAGIC:
            raise WrongContentError(
                f"{wanted.file} of {wanted.repository} is not a GGUF file, which is all that llama.cpp reads; it was "
                "removed.\nSet modelRepository and modelFile to a GGUF file."
            )


def remove(path: Path) -> None:
    """Remove the file and what lies beside it, and the folders that are empty then. Raises OSError."""
    for one in (path, record_path(path), path.with_name(path.name + ".lock"), *partials(path)):
        one.unlink(missing_ok=True)
    for folder in list(path.parents)[:3]:  # revision, name and owner, as in `model_path`
        if not folder.is_dir() or any(folder.iterdir()):
            return
        folder.rmdir()


def partials(path: Path) -> list[Path]:
    """Return the unfinished downloads of the file, whatever content they are of."""
    prefix, suffix = f"{path.name}.", ".partial"
    if not path.parent.is_dir():
        return []
    return [one for one in path.parent.iterdir() if one.name.startswith(prefix) and one.name.endswith(suffix)]
