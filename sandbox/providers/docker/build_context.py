"""The digest of a build context: an image is built again when, and only when, a file that the build may read changes.

As the official provider does it (provider.go, hashContext), though the digests themselves differ: the Dockerfile, and
each file that .dockerignore leaves in by its path, mode and content; a symbolic link by where it points.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sandbox.providers.docker.ignore_file import IgnoreFile, parse

CHUNK = 1024 * 1024


def digest(context: Path, dockerfile: Path) -> str:
    """Return the SHA-256 of everything that a build from `context` with `dockerfile` can read, in hexadecimal.

    Raises OSError for a file that cannot be read.
    """
    total = hashlib.sha256()
    _add(total, dockerfile, "Dockerfile")
    for name in sorted(_files(context, dockerfile)):
        _add(total, context / name, name)
    return total.hexdigest()


def _files(context: Path, dockerfile: Path) -> Iterator[str]:
    ignored = _ignore_file(context, dockerfile)
    for folder, folders, names in os.walk(context):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in [*names, *links]:
            path = Path(folder, name).relative_to(context).as_posix()
            if not ignored.leaves_out(path):
                yield path


def _ignore_file(context: Path, dockerfile: Path) -> IgnoreFile:
    """Read <Dockerfile>.dockerignore, else the context's .dockerignore."""
    for file in (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), context / ".dockerignore"):
        if file.is_file():
            return parse(file.read_text().splitlines())
    return parse([])


def _add(total: "hashlib._Hash", file: Path, name: str) -> None:
    mode = file.lstat().st_mode
    content = hashlib.sha256()
    if stat.S_ISLNK(mode):
        content.update(os.fsencode(file.readlink()))
    elif stat.S_ISREG(mode):
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                content.update(chunk)
    total.update(f"{name}\0{mode:o}\0".encode())
    total.update(content.digest())
