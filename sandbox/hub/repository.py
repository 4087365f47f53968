"""What the stand-in serves: repositories with files, described in code or read from a folder."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

LARGE = (".gguf",)
"""Endings of the files that the Hub keeps in its storage for large files, under their SHA-256."""


def hub_folder(cache: Path) -> Path:
    """Return the folder that the stand-in serves by default: it holds models as OWNER/NAME/FILE."""
    return cache / "hub"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """One commit of a repository, on its only branch.

    A file is whatever its callable returns when a client asks for it, so it may be made at that moment; but a client
    waits 10 s for an answer (HF_HUB_ETAG_TIMEOUT), so make beforehand what takes longer. `commit` has 40 hexadecimal
    digits. Only its `readers` (tokens) can see a private repository; everybody can see a gated one, and only they can
    read it.
    """

    commit: str
    files: Mapping[str, Callable[[], Path]]
    branch: str = "main"
    private: bool = False
    gated: bool = False
    readers: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, files: Mapping[str, Path], **options: bool | frozenset[str]) -> "Repository":
        """Describe files that are there; the commit follows from their names and contents."""
        lines = [f"{name} {digests(path).sha256}\n" for name, path in sorted(files.items())]
        commit = hashlib.sha1("".join(lines).encode(), usedforsecurity=False).hexdigest()
        produced = {name: _producer(path) for name, path in files.items()}
        return cls(commit=commit, files=produced, **options)  # type: ignore[arg-type]


def _producer(path: Path) -> Callable[[], Path]:
    return lambda: path


class FolderRepositories(Mapping[str, Repository]):
    """The files ROOT/OWNER/NAME/FILE as repositories OWNER/NAME; the folder is read again for each request."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __getitem__(self, repository: str) -> Repository:
        owner, _, name = repository.partition("/")
        if repository not in set(self):
            raise KeyError(repository)
        folder = self._root / owner / name
        return Repository.of({path.name: path for path in sorted(folder.iterdir()) if _served(path)})

    def __iter__(self) -> Iterator[str]:
        if self._root.is_dir():
            for folder in sorted(self._root.glob("*/*")):
                if folder.is_dir():
                    yield f"{folder.parent.name}/{folder.name}"

    def __len__(self) -> int:
        return len(list(iter(self)))


def _served(path: Path) -> bool:
    """Leave out what is being written: files with a leading dot, and unfinished ones."""
    return path.is_file() and not path.name.startswith(".") and path.suffix not in (".partial", ".lock")


@dataclass(frozen=True)
class Digests:
    """What the Hub knows a file by: its size, its SHA-256, and its blob id in git."""

    size: int
    sha256: str
    blob: str


def digests(path: Path) -> Digests:
    """Return size and digests of a file, from memory unless it has changed."""
    status = path.stat()
    return _read_digests(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=1000)
def _read_digests(path: Path, size: int, _mtime_ns: int) -> Digests:
    sha256 = hashlib.sha256()
    blob = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)  # git's object id
    with path.open("rb") as file:
        while chunk := file.read(4 * 1024 * 1024):
            sha256.update(chunk)
            blob.update(chunk)
    return Digests(size, sha256.hexdigest(), blob.hexdigest())
