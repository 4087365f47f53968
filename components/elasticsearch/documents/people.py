"""Tells the documents that people put into an index from the demo documents that the stack can make again."""

from dataclasses import dataclass
from urllib.parse import quote

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.bulk import Document
from components.elasticsearch.documents.demo import DEMO_DOCUMENTS
from components.elasticsearch.documents.reading import read_documents
from components.elasticsearch.errors import NotFoundError, RefusedError
from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR


@dataclass(frozen=True)
class DemoPresence:
    """The ids of the demo documents that are in an index: those as the stack wrote them, and those changed since."""

    unchanged: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[Document, ...]:
        """Demo documents that are not there in any form."""
        there = {*self.unchanged, *self.changed}
        return tuple(one for one in DEMO_DOCUMENTS if one.id not in there)


def count_of_people(client: Requests, index: str) -> int | None:
    """Return how many documents of an index only people can have put there: all but unchanged demo documents.

    Returns None where they can't be counted.
    """
    total = document_count(client, index)
    return total - len(read_demo(client, index).unchanged) if total else total


def document_count(client: Requests, index: str) -> int | None:
    """Return the number of documents of an index, 0 if it is gone, None where they can't be counted.

    The refresh makes documents count that were written a moment ago.
    """
    path = f"/{quote(index, safe='')}"
    try:
        client.request("POST", f"{path}/_refresh")
        found = client.request("GET", f"{path}/_count")
    except NotFoundError:
        return 0
    except RefusedError:
        return None
    # Documents in shards that are not available are missing from the count.
    return None if found.get("_shards", {}).get("failed") else int(found["count"])


def read_demo(client: Requests, index: str) -> DemoPresence:
    """Return which demo documents are in an index, or behind an alias of one index, at this moment."""
    # Whole but for the embeddings: with the vectors, too, that people added to them.
    wanted = [{"_id": one.id} for one in DEMO_DOCUMENTS]
    answers = read_documents(client, index, wanted, {"_source_excludes": f"{VECTOR},{DIGEST}"})
    sources = {found["_id"]: found["_source"] for found in answers if found.get("found")}
    unchanged = tuple(one.id for one in DEMO_DOCUMENTS if sources.get(one.id) == {CONTENT: one.content})
    return DemoPresence(unchanged, tuple(sorted(sources.keys() - set(unchanged))))
