"""What is read: documents with the place where they were read, and what cannot become one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from components.elasticsearch.documents.bulk import Document
from components.elasticsearch.fields import CONTENT
from components.errors import StackError


@dataclass(frozen=True)
class Origin:
    """Where something was read: a file (or "standard input"), and its line or, in a JSON array, its number, from 1.

    `text` is what stood there; bytes that are not UTF-8 are halves of surrogate pairs in it (surrogateescape).
    """

    source: str
    line: int
    text: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.source}, line {self.line}"


@dataclass(frozen=True)
class Entry:
    """A document to be put in; with `create`, only if there is none of its id yet.

    `texts` is its content where that is an array, whose texts joined by line ends are that of `document`.
    """

    document: Document
    origin: Origin
    routing: str | None = None
    create: bool = False
    texts: Sequence[Any] | None = None

    @property
    def source(self) -> dict[str, Any]:
        """All that is to be in the index of it, except for the embedding."""
        return {
            **self.document.fields,
            CONTENT: self.document.content if self.texts is None else self.texts,
        }


@dataclass(frozen=True)
class Reject:
    """What was read and is not put in, and why."""

    origin: Origin
    reason: str


class RejectedError(StackError):
    """What was read cannot become a document; the message is the reason, without the place."""
