"""Fills one index from another with embeddings made anew, by an embedder instead of a pipeline.

What `_reindex` does through a pipeline where Elasticsearch embeds: the same documents, versions and routing arrive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.bulk import Write, embed_sources, write
from components.elasticsearch.documents.views import open_view, read_window
from components.elasticsearch.embedding.embedder import BATCH, Embedder
from components.elasticsearch.fields import DIGEST, NO_PIPELINE, VECTOR

Versions = Literal["external_gte", "internal"]
HIDES_VECTORS_FROM = (9, 2)
"""The version of Elasticsearch since which a search leaves vectors out, and knows how to be told not to."""


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
            sources = [dict(hit["_source"]) for hit in hits]
            embed_sources(embedder, sources, [str(hit["_id"]) for hit in hits])
            writes = [_write_of(hit, source, versions) for hit, source in zip(hits, sources, strict=True)]
            # The index has no pipeline in this way of embedding, but another of that name may be its default.
            query = {"pipeline": NO_PIPELINE}
            items = write(client, destination, writes, accepted=[HTTPStatus.CONFLICT], query=query)
            stale = sum(item.get("status") == HTTPStatus.CONFLICT for item in items)
            done = Reembedded(done.carried + len(items) - stale, done.stale + stale)
    finally:
        view.close()
    return done


def _source(client: Requests) -> dict[str, Any]:
    """Ask for all of a document but the embedding and its digest: the vectors of other fields too."""
    number = str(client.request("GET", "/")["version"]["number"])
    version = tuple(int(part) for part in number.split(".")[:2])
    shown = {"exclude_vectors": False} if version >= HIDES_VECTORS_FROM else {}
    return {"excludes": [VECTOR, DIGEST], **shown}


def _write_of(hit: Mapping[str, Any], source: Mapping[str, Any], versions: Versions) -> Write:
    newest = {} if versions == "internal" else {"version": hit["_version"], "version_type": versions}
    return Write("index", hit["_id"], source, routing=hit.get("_routing"), conditions=newest)
