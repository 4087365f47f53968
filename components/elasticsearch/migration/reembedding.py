"""Fills one index from another with embeddings made anew, by an embedder instead of a pipeline.

What `_reindex` does through a pipeline where Elasticsearch embeds: the same documents, versions and routing arrive.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import compress
from typing import Any, Literal

from components.elasticsearch.client.client import Requests
from components.elasticsearch.client.responses import BUSY
from components.elasticsearch.documents.bulk import BULK_TIMEOUT
from components.elasticsearch.documents.digest import put_vector, text_of
from components.elasticsearch.documents.resending import PAUSES, refusal_of
from components.elasticsearch.documents.views import open_view, read_window
from components.elasticsearch.embedding.embedder import BATCH, Embedder
from components.elasticsearch.errors import IndexingError
from components.elasticsearch.fields import CONTENT, DIGEST, NO_PIPELINE, VECTOR

Versions = Literal["external_gte", "internal"]
Addressed = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A document as it was found, for its id, routing and version, and what is to be written."""

HIDES_VECTORS_FROM = (9, 2)
"""The version of Elasticsearch since which a search leaves vectors out, and knows how to be told not to."""


class StillBusyError(IndexingError):
    """Elasticsearch was too busy for documents each time that they were sent: it may take them later."""


@dataclass(frozen=True)
class Reembedded:
    """What was done: `carried` documents written, `stale` ones refused as older than what is there."""

    carried: int = 0
    stale: int = 0


def reembed(
    client: Requests,
    embedder: Embedder,
    *,
    source: str,
    destination: str,
    query: Mapping[str, Any],
    versions: Versions = "external_gte",
) -> Reembedded:
    """Write the documents of `source` that match `query` into `destination`, each with its embedding made anew.

    With `external_gte` a document is written unless a newer version of it is there, so that doing it twice, and in
    any order, ends the same; with `internal` it is written whatever is there. A document without content arrives
    without an embedding. Raises EmbeddingError when one cannot be embedded, IndexingError when one is refused: those
    before it have arrived. Raises EmbeddingUnavailableError, StillBusyError and ViewLostError for what may pass.
    """
    done = Reembedded()
    view = open_view(client, source, read_window(client, source))
    try:
        for hits in view.pages(query, most=BATCH, version=True, _source=_source(client)):
            documents = list(zip(hits, _embedded(hits, embedder), strict=True))
            of_these = _carry(client, destination, documents, versions)
            done = Reembedded(done.carried + of_these.carried, done.stale + of_these.stale)
    finally:
        view.close()
    return done


def _source(client: Requests) -> dict[str, Any]:
    """Ask for all of a document but the embedding and its digest: the vectors of other fields too."""
    number = str(client.request("GET", "/")["version"]["number"])
    version = tuple(int(part) for part in number.split(".")[:2])
    shown = {"exclude_vectors": False} if version >= HIDES_VECTORS_FROM else {}
    return {"excludes": [VECTOR, DIGEST], **shown}


def _embedded(hits: Sequence[Mapping[str, Any]], embedder: Embedder) -> list[dict[str, Any]]:
    sources = [dict(hit["_source"]) for hit in hits]
    texts = [text_of(source.get(CONTENT)) for source in sources]
    filled = [position for position, text in enumerate(texts) if text]
    vectors = embedder.embed_documents(
        [texts[position] for position in filled], [str(hits[position]["_id"]) for position in filled]
    )
    for position, vector in zip(filled, vectors, strict=True):
        put_vector(sources[position], vector, texts[position])
    return sources


def _carry(client: Requests, index: str, documents: Sequence[Addressed], versions: Versions) -> Reembedded:
    """Write documents, again while something is busy; raises IndexingError with the first that is refused."""
    sent, stale = len(documents), 0
    for pause in (*PAUSES, None):
        items = _write(client, index, documents, versions)
        stale += sum(item.get("status") == HTTPStatus.CONFLICT for item in items)
        failed = ["error" in item and item.get("status") != HTTPStatus.CONFLICT for item in items]
        documents = list(compress(documents, failed))
        refused = list(compress(items, failed))
        if not refused:
            return Reembedded(sent - stale, stale)
        if any(item.get("status") not in BUSY for item in refused):
            raise IndexingError(refusal_of(index, refused, sent))
        if pause is not None:
            time.sleep(pause)
    raise StillBusyError(refusal_of(index, refused, sent))


def _write(
    client: Requests,
    index: str,
    documents: Sequence[Addressed],
    versions: Versions,
) -> list[Mapping[str, Any]]:
    lines: list[Mapping[str, Any]] = []
    for hit, source in documents:
        address: dict[str, Any] = {"_id": hit["_id"]}
        if "_routing" in hit:
            address["routing"] = hit["_routing"]
        if versions != "internal":
            address |= {"version": hit["_version"], "version_type": versions}
        lines += [{"index": address}, source]
    # The index has no pipeline in this way of embedding, but another of that name may be its default.
    answer = client.request(
        "POST", f"/{index}/_bulk", lines, query={"pipeline": NO_PIPELINE}, timeout=BULK_TIMEOUT
    )
    return [item["index"] for item in answer["items"]]
