"""Puts a portion of documents in: splits them, leaves out what is there, writes the rest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from components.batched import batched
from components.elasticsearch.client.client import Requests
from components.elasticsearch.embedding.embedder import ABOUT_THE_SERVER
from components.elasticsearch.errors import EmbeddingRefusedError
from jinactl.ingest.chunking.documents import Chunking, left_behind
from jinactl.ingest.counts import Counts
from jinactl.ingest.entries import Entry, Reject, RejectedError
from jinactl.ingest.present import Stored, difference, read_numbers, read_stored, read_vectors
from jinactl.ingest.refusals import in_words
from jinactl.ingest.rejects import Rejects
from jinactl.ingest.sending import Sender
from jinactl.ingest.waiting import Waiting

LOOKED_UP = 64
"""Documents that are looked up in one request: that costs little, whatever their number."""


CHARACTERS = 2**15
"""Characters of text in one bulk request: a slow server, which has several to answer, needs minutes for so many."""


@dataclass(frozen=True, kw_only=True)
class Portions:
    """Puts portions of documents into an index, from any thread.

    `batch` is how many documents are in one bulk request; `chunking` is None where documents stay whole; with
    `replace`, what a longer version of a split document left is deleted.
    """

    client: Requests
    index: str
    sender: Sender
    waiting: Waiting
    rejects: Rejects
    counts: Counts
    batch: int
    chunking: Chunking | None = None
    replace: bool = False

    def put(self, entries: Sequence[Entry]) -> None:
        """Put documents in, whose ids are all different. Raises the StackError for which nothing more can be put in."""
        if self.chunking is None:
            self._put_all(entries)
            return
        parts = [(parent, self._chunks(self.chunking, parent)) for parent in entries]
        refused = self._put_all([chunk for _, chunks in parts for chunk in chunks])
        # What is there of a document stays where a chunk of its new text is not in, or is only made where none is.
        whole = [one for one in parts if one[1] and not any(chunk.document.id in refused for chunk in one[1])]
        self._clear_up([(parent, len(chunks)) for parent, chunks in whole if not parent.create])

    def reject(self, reject: Reject) -> None:
        """Count, and keep, what is not put in."""
        self.counts.add(rejected=1)
        self.rejects.add(reject)

    def _chunks(self, chunking: Chunking, parent: Entry) -> list[Entry]:
        try:
            return chunking.entries(parent)
        except RejectedError as error:
            self.reject(Reject(parent.origin, str(error)))
        except EmbeddingRefusedError as error:
            if error.status in ABOUT_THE_SERVER:
                raise
            self.reject(Reject(parent.origin, in_words(str(error))))
        return []

    def _put_all(self, entries: Sequence[Entry]) -> set[str]:
        """Put documents in; return the ids of those that are refused."""
        return {id_ for some in batched(entries, LOOKED_UP) for id_ in self._put(some)}

    def _put(self, entries: Sequence[Entry]) -> set[str]:
        stored = self.waiting.through(partial(read_stored, self.client, self.index, entries))
        compared = [
            (one, there, difference(one, there) if there else "text")
            for one, there in zip(entries, stored, strict=True)
        ]
        self.counts.add(unchanged=sum(differs == "none" for _, _, differs in compared))
        new = [one for one, _, differs in compared if differs == "text"]
        new += self._with_their_vectors(
            [(one, there) for one, there, differs in compared if there and differs == "fields"]
        )
        refused = set[str]()
        for batch in _requests(new, self.batch):
            refusals = self.sender.send(batch)
            refused |= refusals.keys()
            self.counts.add(written=len(batch) - len(refusals))
            for one in batch:
                if one.document.id in refusals:
                    self.reject(Reject(one.origin, refusals[one.document.id]))
        return refused

    def _with_their_vectors(self, changed: Sequence[tuple[Entry, Stored]]) -> list[Entry]:
        """Write documents of which only other fields differ; return those for which that was not possible."""
        if not changed:
            return []
        entries = [one for one, _ in changed]
        vectors = self.waiting.through(partial(read_vectors, self.client, self.index, entries))
        able = [(*one, vector) for one, vector in zip(changed, vectors, strict=True) if vector]
        done = self.sender.keep_vectors(
            [one for one, _, _ in able], [there for _, there, _ in able], [vector for _, _, vector in able]
        )
        self.counts.add(fields=len(done))
        return [one for one in entries if one.document.id not in done]

    def _clear_up(self, split: Sequence[tuple[Entry, int]]) -> None:
        """Count what documents with so many chunks left when they were longer, or whole; delete it with `replace`."""
        found = left_behind(split, self._numbers)
        self.counts.add(left=len(found))
        if not self.replace:
            return
        for batch in batched(found, LOOKED_UP):
            self.counts.add(deleted=self.sender.delete(batch))

    def _numbers(self, addresses: Sequence[Mapping[str, str]]) -> list[int | None]:
        return self.waiting.through(partial(read_numbers, self.client, self.index, addresses))


def _requests(entries: Sequence[Entry], most: int) -> Iterator[list[Entry]]:
    """Yield the documents of each bulk request."""
    request: list[Entry] = []
    characters = 0
    for one in entries:
        characters += len(one.document.content)
        if request and (len(request) == most or characters > CHARACTERS):
            yield request
            request, characters = [], len(one.document.content)
        request.append(one)
    if request:
        yield request
