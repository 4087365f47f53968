"""Reads bytes as a source of some name."""

import io
from collections.abc import Iterator
from typing import NamedTuple, cast

from components.elasticsearch.documents.bulk import Document
from jinactl.ingest.entries import Entry, Reject
from jinactl.ingest.reading.documents import Shape
from jinactl.ingest.reading.formats import Format, format_of, read


class Told(NamedTuple):
    """A reject, in short."""

    line: int
    reason: str
    text: str


def entries(
    content: bytes, name: str, format_: Format | None = None, field: str = "content"
) -> Iterator[Entry | Reject]:
    """Yield what a source of that name and content has."""
    stream = cast(io.BufferedReader, io.BufferedReader(io.BytesIO(content)))  # as good as a file
    found = format_ or format_of(name, stream.peek(2**16))
    return read(stream, name, found, Shape(field), name)


def documents(
    content: bytes, name: str, format_: Format | None = None, field: str = "content"
) -> list[Document]:
    """Return the documents of a source that has nothing else."""
    found = list(entries(content, name, format_, field))
    assert all(isinstance(one, Entry) for one in found), found
    return [one.document for one in found if isinstance(one, Entry)]


def rejects(content: bytes, name: str, format_: Format | None = None, field: str = "content") -> list[Told]:
    """Return the rejects of a source."""
    found = [one for one in entries(content, name, format_, field) if isinstance(one, Reject)]
    return [Told(one.origin.line, one.reason, one.origin.text) for one in found]
