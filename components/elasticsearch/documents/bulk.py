"""Writes documents by bulk requests, and resends those that were refused for a reason that may pass."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, Literal

from components.batched import batched
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.digest import put_vector, text_of
from components.elasticsearch.documents.resending import Item, Resending, refused_error
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import ClosedError
from components.elasticsearch.fields import CONTENT, DIGEST

BULK_SIZE = 16
"""Documents in one request: each is an embedding, and a CPU server needs its time for them."""

BULK_TIMEOUT = 600.0


@dataclass(frozen=True)
class Document:
    """A document with an id of its own, so that indexing it twice leaves one; `fields` are those beside `content`."""

    id: str
    content: str
    fields: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Write:
    """One action of a bulk request; a deletion has no `body`.

    `conditions` restrict it to a version of the document, by Elasticsearch's own parameters.
    """

    action: Literal["index", "create", "update", "delete"]
    id: str
    body: Mapping[str, Any] | None = None
    routing: str | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def lines(self) -> list[Mapping[str, Any]]:
        """Return its lines in a request."""
        routed = {"routing": self.routing} if self.routing else {}
        address: dict[str, Any] = {self.action: {"_id": self.id, **routed, **self.conditions}}
        return [address] if self.body is None else [address, self.body]


def write(
    client: Requests,
    index: str,
    writes: Sequence[Write],
    *,
    accepted: Collection[int] = (),
    resending: Resending | None = None,
    before_sending: Callable[[], None] = lambda: None,
    query: Mapping[str, Any] | None = None,
) -> list[Item]:
    """Send writes in one request, and resend those refused for a reason that may pass; return the result of each write.

    A refusal with one of the statuses `accepted` counts as a result. `before_sending` is called before each request;
    it may raise. Raises ClosedError, StillBusyError or IndexingError, which tell the first refusal.
    """
    resending = resending or Resending()
    left, done = list(writes), list[Item]()
    while left:
        before_sending()
        items = send(client, index, left, query)
        fails = ["error" in item and item.get("status") not in accepted for item in items]
        done += [item for item, failed in zip(items, fails, strict=True) if not failed]
        left, refused = list(compress(left, fails)), list(compress(items, fails))
        if refused:
            pause = resending.pause(refused)
            if pause is None:
                raise refused_error(index, refused, len(writes))
            time.sleep(pause)
    return done


def index_documents(
    client: Requests,
    index: str,
    documents: Sequence[Document],
    embedder: Embedder | None = None,
    *,
    findable: bool = True,
    before_sending: Callable[[], None] = lambda: None,
) -> None:
    """Index documents: with vectors of `embedder`, or else those of the index's pipeline.

    `before_sending` is called after vectors are made, and before each time that documents are sent; it may raise.
    With `findable` they can be found on return, else after the index's next refresh. Documents that are refused
    because something is busy, or because a migration is switching to another generation, are sent again for a while.
    Raises IndexingError with the first refusal and the number of them, EmbeddingError when the embedder fails; the
    documents before the batch of 16 that failed are then in the index.
    """
    for chunk in batched(documents, BULK_SIZE):
        sources: list[dict[str, Any]] = [{**one.fields, CONTENT: one.content} for one in chunk]
        if embedder is not None:
            embed_sources(embedder, sources, [one.id for one in chunk])
        write(
            client,
            index,
            [Write("index", one.id, source) for one, source in zip(chunk, sources, strict=True)],
            resending=Resending(through_switch=True, embedded_anew=embedder is None),
            before_sending=before_sending,
            query={"refresh": "true" if findable else "false"},
        )


def embed_sources(embedder: Embedder, sources: Sequence[dict[str, Any]], ids: Sequence[str]) -> None:
    """Add the embedding to the source of each document, as the pipeline would: one without content gets none.

    Raises EmbeddingError with the document that cannot be embedded.
    """
    texts = [text_of(source.get(CONTENT)) for source in sources]
    filled = [position for position, text in enumerate(texts) if text]
    vectors = embedder.embed_documents([texts[one] for one in filled], [ids[one] for one in filled])
    for source in sources:
        source.pop(DIGEST, None)
    for position, vector in zip(filled, vectors, strict=True):
        put_vector(sources[position], vector, texts[position])


def delete_documents(client: Requests, index: str, ids: Sequence[str]) -> None:
    """Delete documents by id; a missing document is no error, nor is an index that refuses writes."""
    with suppress(ClosedError):
        write(client, index, [Write("delete", one) for one in ids], query={"refresh": "true"})


def send(
    client: Requests, index: str, writes: Sequence[Write], query: Mapping[str, Any] | None = None
) -> list[Item]:
    """Send writes in one request, once, and return what Elasticsearch says of each; refusals are among them."""
    lines = [line for one in writes for line in one.lines()]
    answer = client.request("POST", f"/{index}/_bulk", lines, query=query, timeout=BULK_TIMEOUT)
    return [item[one.action] for one, item in zip(writes, answer["items"], strict=True)]
