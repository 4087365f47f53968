"""The digest of a build context: an image is built again when, and only when, a file that the build may read changes.

As the official provider does it (provider.go, hashContext), though the digests themselves differ: the Dockerfile, and
each file that .dockerignore leaves in by its path, mode and content; a symbolic link by where it points.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sandbox.providers.docker.sdk import load

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
    patterns = _ignore_patterns(context, dockerfile)
    if patterns:
        # The library's rules for .dockerignore; importing it takes a fifth of a second, so only where there is one.
        load()
        from docker.utils.build import exclude_paths  # noqa: PLC0415

        for name in exclude_paths(str(context), patterns):
            if (context / name).is_symlink() or not (context / name).is_dir():
                yield name
        return
    for folder, folders, names in os.walk(context):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in [*names, *links]:
            yield str(Path(folder, name).relative_to(context))


def _ignore_patterns(context: Path, dockerfile: Path) -> list[str]:
    """Return the lines of <Dockerfile>.dockerignore, else of the context's .dockerignore."""
    for file in (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), context / ".dockerignore"):
        if file.is_file():
            lines = [line.strip() for line in file.read_text().splitlines()]
            return [line for line in lines if line and not line.startswith("#")]
    return []


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
