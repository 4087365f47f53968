"""Makes documents of the chunks of one, which name it, and finds those that a longer version of it left."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from components.elasticsearch.documents.bulk import Document
from jinactl.ingest.chunking.chunks import CountTokens, split
from jinactl.ingest.entries import Entry, RejectedError
from jinactl.ingest.present import NUMBER, address_of
from jinactl.ingest.reading.documents import ID_DIGITS, LONGEST_ID

SOURCE, START, END = "source", "chunk_start", "chunk_end"
OURS = (NUMBER, START, END)

ASKED = 16
"""Ids that are asked for at a time where chunks of before are looked for."""

Numbers = Callable[[Sequence[dict[str, str]]], list[int | None]]
"""Returns which chunk the document at each address is: 0 for one that is none, None where there is no document."""


@dataclass(frozen=True)
class Chunking:
    """How documents are split: chunks of at most `tokens`, which share about `overlap` with the one before."""

    tokens: int
    overlap: int
    count: CountTokens

    def entries(self, parent: Entry) -> list[Entry]:
        """Return the chunks of a document, with its other fields.

        `source` is its id, unless it has a field of that name; `chunk` is the number, from 1; `chunk_start` and
        `chunk_end` are places in its text. Raises RejectedError.
        """
        fields = parent.document.fields
        if taken := [name for name in OURS if name in fields]:
            raise RejectedError(
                f"has a field `{taken[0]}` of its own, which --chunk writes: give it another name"
            )
        chunks = split(parent.document.content, self.tokens, self.overlap, self.count)
        return [
            replace(
                parent,
                texts=None,
                document=Document(
                    chunk_id(parent.document.id, number),
                    chunk.text,
                    {
                        SOURCE: parent.document.id,
                        **fields,
                        NUMBER: number,
                        START: chunk.start,
                        END: chunk.end,
                    },
                ),
            )
            for number, chunk in enumerate(chunks, start=1)
        ]


def chunk_id(parent: str, number: int) -> str:
    """Return the id of a document's chunk: its own id and the number, or a digest of it where that is too long."""
    id_ = f"{parent}#{number}"
    if len(id_.encode()) <= LONGEST_ID:
        return id_
    return f"{hashlib.sha256(parent.encode()).hexdigest()[:ID_DIGITS]}#{number}"


def left_behind(parents: Sequence[tuple[Entry, int]], numbers: Numbers) -> list[dict[str, str]]:
    """Return the addresses of what is in the index of documents that have only so many chunks now.

    That is chunks with higher numbers, the highest first, and a whole document, from an ingest without --chunk.
    A document whose id only looks like that of a chunk is none of it, nor is a chunk whose id is that of a document.
    """
    wholes = [address_of(parent) for parent, _ in parents]
    nexts = [_chunk_address(parent, chunks + 1) for parent, chunks in parents]
    there = numbers([*wholes, *nexts]) if parents else []
    found = [whole for whole, number in zip(wholes, there, strict=False) if number == 0]
    for (parent, chunks), number in zip(parents, there[len(wholes) :], strict=True):
        if number == chunks + 1:
            found += _numbered_from(parent, number, numbers)
    return found


def _numbered_from(parent: Entry, number: int, numbers: Numbers) -> list[dict[str, str]]:
    """Return the chunks from a number on up to the first that is not there, the last first."""
    found: list[dict[str, str]] = []
    while True:
        wanted = range(number, number + ASKED)
        addresses = [_chunk_address(parent, one) for one in wanted]
        there = [one == is_there for one, is_there in zip(wanted, numbers(addresses), strict=True)]
        until = there.index(False) if False in there else ASKED
        found = addresses[:until][::-1] + found
        if until < ASKED:
            return found
        number += ASKED


def _chunk_address(parent: Entry, number: int) -> dict[str, str]:
    return {**address_of(parent), "_id": chunk_id(parent.document.id, number)}
