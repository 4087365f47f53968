"""The files, folders and streams that documents are read from."""

import gzip
import io
import os
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from jinactl.errors import CommandError
from jinactl.ingest.reading import texts
from jinactl.ingest.reading.formats import Format, format_of

STANDARD_INPUT = "standard input"
GZIP = b"\x1f\x8b"
PEEKED = 2**16
"""Bytes from which a format is told."""


@dataclass(frozen=True)
class Source:
    """Something to read: `path` is None for standard input; `size` in bytes is 0 where it is not known.

    `format` is None until it is opened where it can be opened only once; `text_name` is the id of a text.
    """

    name: str
    path: Path | None
    size: int
    format: Format | None
    text_name: str


@dataclass(frozen=True)
class Opened:
    """An open source: its text, unpacked; and its own bytes, whose position tells how far it was read."""

    stream: io.BufferedReader
    format: Format
    _packed: BinaryIO
    _seekable: bool

    def position(self) -> int:
        """Return how many of its own bytes were read, 0 where that is not known."""
        return self._packed.tell() if self._seekable else 0


def find_sources(paths: Sequence[str], wanted: Format | None) -> list[Source]:
    """Return what is to be read, folders file by file; `wanted` is the format where it is given.

    Raises CommandError, before anything is read, for paths that cannot be read, that hold nothing, or that can't be
    told apart.
    """
    sources = [source for path in paths for source in _sources(path, wanted)]
    names = Counter(one.text_name for one in sources if one.format == "text")
    if twice := [name for name, count in names.items() if count > 1]:
        raise CommandError(
            f"Two of the texts would get the same id, {twice[0]}, and one would replace the other, also later: name "
            "the folder that both are in, or give one of them another name."
        )
    if [one.path for one in sources].count(None) > 1:
        raise CommandError("Standard input (-) can be read only once.")
    return sources


@contextmanager
def opened(source: Source) -> Iterator[Opened]:
    """Open a source, unpacked; raises CommandError when it cannot be read, also while it is read."""
    try:
        with _packed(source) as packed:
            stream = _unpacked(packed)
            found = source.format or format_of(source.name, _beginning(stream))
            yield Opened(stream, found, packed, seekable(packed))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CommandError(
            f"The gzip data of {source.name} is damaged or ends early ({error}). What came before was read."
        ) from error
    except OSError as error:
        raise CommandError(f"{source.name} cannot be read: {error.strerror or error}.") from error


def seekable(stream: BinaryIO) -> bool:
    """Say whether a stream has a position; standard input may be a file."""
    try:
        return stream.seekable()
    except OSError:
        return False


def _sources(path: str, wanted: Format | None) -> list[Source]:
    if path == "-":
        return [Source(STANDARD_INPUT, None, 0, wanted, STANDARD_INPUT)]
    found = Path(path)
    try:
        if found.is_dir():
            return _in_folder(found)
        if not found.is_file():
            found.stat()
            return [Source(path, found, 0, wanted, found.name)]  # a pipe: it can be opened only once
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    source = Source(path, found, found.stat().st_size, wanted, found.name.removesuffix(".gz"))
    with opened(source) as one:
        return [Source(path, found, source.size, one.format, source.text_name)]


def _in_folder(folder: Path) -> list[Source]:
    """Return the texts in a folder and the folders below it; hidden ones are left out, and links to folders."""
    named = folder.resolve()
    sources = []
    for place, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(files):
            file = Path(place, name)
            if (
                not name.startswith(".")
                and name.lower().removesuffix(".gz").endswith(texts.SUFFIXES)
                and file.is_file()
            ):
                id_ = (Path(named.name) / file.relative_to(folder)).as_posix().removesuffix(".gz")
                sources.append(Source(str(file), file, file.stat().st_size, "text", id_))
    if not sources:
        raise CommandError(
            f"{folder} holds no texts ({', '.join(texts.SUFFIXES)}): name other files one by one."
        )
    return sources


def _raise(error: OSError) -> None:
    raise error


@contextmanager
def _packed(source: Source) -> Iterator[BinaryIO]:
    if source.path is None:
        yield sys.stdin.buffer
        return
    with source.path.open("rb", buffering=PEEKED) as file:
        yield file


def _unpacked(packed: BinaryIO) -> io.BufferedReader:
    stream = cast(io.BufferedReader, packed)
    if stream.peek(len(GZIP))[: len(GZIP)] != GZIP:
        return stream
    return io.BufferedReader(_Unpacked(stream), PEEKED)


class _Unpacked(io.RawIOBase):
    """Unpacks gzip data, and gives what it has before it fails at data that is cut: a GzipFile would not."""

    def __init__(self, packed: BinaryIO) -> None:
        self._file = gzip.GzipFile(fileobj=packed)

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer; return the number of bytes."""
        read = self._file.read1(len(buffer))
        buffer[: len(read)] = read
        return len(read)


def _beginning(stream: io.BufferedReader) -> bytes:
    return stream.peek(PEEKED)
