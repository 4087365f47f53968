"""The documents to search in: all of an index or a file, or a sample that is the same each time."""

import hashlib
import heapq
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.bulk import Document
from components.elasticsearch.documents.digest import text_of
from components.elasticsearch.documents.views import open_view, read_window
from components.elasticsearch.fields import CONTENT
from jinactl.errors import CommandError
from jinactl.ingest.entries import Reject
from jinactl.ingest.reading.documents import Shape
from jinactl.ingest.reading.formats import read
from jinactl.ingest.reading.sources import find_sources, opened

TITLE = "title"
"""The field whose text is the title of a document, where it has one."""

PAGE = 500


@dataclass(frozen=True)
class Corpus:
    """The documents to search in, and out of how many with a text they were taken."""

    documents: tuple[Document, ...]
    of: int

    @property
    def is_sample(self) -> bool:
        """Whether some documents were left out."""
        return len(self.documents) < self.of


def read_index(client: Requests, index: str) -> Iterator[Document]:
    """Yield the documents of an index, by pages, as they are at this moment."""
    for name in sorted(client.find(f"/{index}") or {}):
        view = open_view(client, name, read_window(client, name))
        try:
            for hits in view.pages({"match_all": {}}, most=PAGE, _source=[CONTENT, TITLE]):
                for hit in hits:
                    source = hit.get("_source", {})
                    yield Document(str(hit["_id"]), text_of(source.get(CONTENT)), {TITLE: source.get(TITLE)})
        finally:
            view.close()


def require_readable(path: Path) -> None:
    """Raise CommandError unless the file, or the files of the folder, can be opened: known before much is done."""
    for source in find_sources([str(path)], None):
        with opened(source):
            pass


def read_file(path: Path) -> Iterator[Document]:
    """Yield the documents of a file, of any format that `jinactl ingest` reads; raises CommandError with the line."""
    for source in find_sources([str(path)], None):
        with opened(source) as one:
            for found in read(one.stream, source.name, one.format, Shape(), source.text_name):
                if isinstance(found, Reject):
                    raise CommandError(f"{found.origin}: {found.reason}.")
                yield found.document


@dataclass(order=True)
class _Ranked:
    """A document in the heap of those kept: the one whose id has the largest digest goes first."""

    rank: int
    document: Document = field(compare=False)


def sample(documents: Iterable[Document], most: int, kept: Collection[str] = ()) -> Corpus:
    """Return the documents with the ids `kept`, and others until there are `most`: chosen by the digests of their ids.

    Whoever reads the same documents gets the same sample, in whatever order they come. Of two documents with one id
    the later counts. Memory holds `most` documents and those kept.
    """
    chosen: dict[str, Document] = {}
    heap: list[_Ranked] = []
    seen = 0
    for document in documents:
        if not document.content.strip():
            continue
        if document.id in chosen:
            chosen[document.id] = document
            continue
        seen += 1
        if document.id not in kept:
            heapq.heappush(heap, _Ranked(-_rank(document.id), document))
            if len(heap) > most:
                dropped = heapq.heappop(heap).document
                if dropped is document:
                    continue
                del chosen[dropped.id]
        chosen[document.id] = document
    room = max(0, most - sum(one in chosen for one in kept))
    for ranked in sorted(heap, reverse=True)[room:]:
        del chosen[ranked.document.id]
    return Corpus(tuple(chosen[one] for one in sorted(chosen)), seen)


def _rank(id_: str) -> int:
    return int.from_bytes(hashlib.sha256(id_.encode(errors="surrogatepass")).digest()[:8], "big")
