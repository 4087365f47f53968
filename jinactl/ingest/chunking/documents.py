"""Makes documents of the chunks of one, which name it, and finds those that a longer version of it left."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from components.elasticsearch.documents.bulk import Document
from jinactl.ingest.chunking.chunks import CountTokens, split
from jinactl.ingest.entries import Entry, RejectedError
from jinactl.ingest.present import address_of
from jinactl.ingest.reading.documents import ID_DIGITS, LONGEST_ID

SOURCE, NUMBER, START, END = "source", "chunk", "chunk_start", "chunk_end"
OURS = (NUMBER, START, END)

ASKED = 16
"""Ids that are asked for at a time where chunks of before are looked for."""

Exist = Callable[[Sequence[dict[str, str]]], list[bool]]


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


def left_behind(parent: Entry, chunks: int, exist: Exist) -> list[dict[str, str]]:
    """Return the addresses of what is in the index of a document that has only so many chunks now.

    That is chunks with higher numbers, the highest first, and the whole document, from an ingest without --chunk.
    `exist` says whether there is something at each address.
    """
    found = []
    number = chunks + 1
    while True:
        addresses = [_address(parent, chunk_id(parent.document.id, number + one)) for one in range(ASKED)]
        there = exist([*addresses, address_of(parent)] if number == chunks + 1 else addresses)
        if number == chunks + 1 and there.pop():
            found.append(address_of(parent))
        until = there.index(False) if False in there else ASKED
        found = addresses[:until][::-1] + found
        if until < ASKED:
            return found
        number += ASKED


def _address(parent: Entry, id_: str) -> dict[str, str]:
    return {**address_of(parent), "_id": id_}
