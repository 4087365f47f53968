"""Fills one index from another and embeds the documents again, by an embedder instead of a pipeline.

It does what `_reindex` does through a pipeline where Elasticsearch embeds: the same documents arrive, with the same
versions and routing.
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
"""The first version of Elasticsearch whose searches leave vectors out, and have an option to include them."""


@dataclass(frozen=True)
class Reembedded:
    """The result: `carried` documents were written, `stale` ones refused because a newer version is there."""

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
    """Embed the documents of `source` that match `query` again, and write them into `destination`.

    With `external_gte` a document is written unless a newer version of it is there, so repeated calls, in any order,
    have the same result. With `internal` a document is always written. A document without content arrives without an
    embedding. Raises EmbeddingError when a document cannot be embedded, and IndexingError when one is refused; the
    batches before it have arrived. Raises EmbeddingUnavailableError, StillBusyError and ViewLostError for failures that
    may pass.
    """
    done = Reembedded()
    view = open_view(client, source, read_window(client, source))
    try:
        for hits in view.pages(query, most=BATCH, version=True, _source=_source(client)):
            sources = [dict(hit["_source"]) for hit in hits]
            embed_sources(embedder, sources, [str(hit["_id"]) for hit in hits])
            writes = [_write_of(hit, source, versions) for hit, source in zip(hits, sources, strict=True)]
            # With an embedder the index has no pipeline, but somebody may have set a default pipeline.
            query = {"pipeline": NO_PIPELINE}
            items = write(client, destination, writes, accepted=[HTTPStatus.CONFLICT], query=query)
            stale = sum(item.get("status") == HTTPStatus.CONFLICT for item in items)
            done = Reembedded(done.carried + len(items) - stale, done.stale + stale)
    finally:
        view.close()
    return done


def _source(client: Requests) -> dict[str, Any]:
    """Return the `_source` option for all fields, including other vectors, except the embedding and its digest."""
    number = str(client.request("GET", "/")["version"]["number"])
    version = tuple(int(part) for part in number.split(".")[:2])
    shown = {"exclude_vectors": False} if version >= HIDES_VECTORS_FROM else {}
    return {"excludes": [VECTOR, DIGEST], **shown}


def _write_of(hit: Mapping[str, Any], source: Mapping[str, Any], versions: Versions) -> Write:
    newest = {} if versions == "internal" else {"version": hit["_version"], "version_type": versions}
    return Write("index", hit["_id"], source, routing=hit.get("_routing"), conditions=newest)
