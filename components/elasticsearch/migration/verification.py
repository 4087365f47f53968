"""Compares a new generation with the one that it was filled from, before the aliases move to it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.backoff import Patience
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.pipeline_embedding import PipelineEmbedder
from components.elasticsearch.documents.sequence import BELOW_ALL, numbered
from components.elasticsearch.documents.views import read_window
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import IndexingError
from components.elasticsearch.fields import CONTENT, VECTOR
from components.elasticsearch.generations.generation import WantedIndex
from components.elasticsearch.migration.strategy import Strategy

SAMPLE = 8
NEAR = 0.999
"""The least cosine similarity: a text embedded in another batch differs in the last digits, in bfloat16 by 0.0001."""


@dataclass(frozen=True)
class Count:
    """How many documents an index holds, how many are `embedded`, and how many were written `since` some number."""

    documents: int
    embedded: int
    since: int


def count(client: Requests, index: str, since: int = BELOW_ALL) -> Count:
    """Count the documents of an index as of its last refresh: all, those with an embedding, and those written later.

    Written later are those with a sequence number greater than `since`.
    """
    made = {"filter": {"exists": {"field": VECTOR}}}
    later = {"filter": numbered(since)}
    body = {"size": 0, "track_total_hits": True, "aggs": {"embedded": made, "since": later}}
    answer = client.request("POST", f"/{index}/_search", body)
    found = answer["aggregations"]
    return Count(
        int(answer["hits"]["total"]["value"]),
        int(found["embedded"]["doc_count"]),
        int(found["since"]["doc_count"]),
    )


def compare_counts(client: Requests, new: str, old: str, expected: Count) -> None:
    """Raise IndexingError unless `new` has as many documents as are `expected`, and no fewer embeddings.

    `expected` is what `old` holds. Call this when nobody can write any more, every document of `old` was carried over,
    and deletions were repeated in `new`: equal counts then mean equal documents.
    """
    client.request("POST", f"/{new}/_refresh")
    found = count(client, new)
    if found.documents == expected.documents and found.embedded >= expected.embedded:
        return
    raise IndexingError(
        f"The new index {new} holds {found.documents} documents, {found.embedded} of them embedded, instead of "
        f"{expected.documents}, {expected.embedded} of them embedded. {old} is in use as before. Look at the log of "
        f"Elasticsearch, delete the new one (DELETE /{new}), and run the command again."
    )


def verify_sample(
    client: Requests,
    new: str,
    wanted: WantedIndex,
    old: str,
    chosen: Strategy,
    *,
    patience: Patience,
    embedder: Embedder | None = None,
) -> None:
    """Raise IndexingError unless a random sample of documents has the embeddings that they would get now.

    Embeddings that were copied or sliced are compared with those of the old generation, others with new ones made by
    `embedder`, or by the wanted pipeline where that is None. Raises EmbeddingError when these can make none.
    """
    client.request("POST", f"/{new}/_refresh")
    pick = {"function_score": {"query": {"exists": {"field": VECTOR}}, "random_score": {}}}
    found = _vectors(client, new, pick)
    if chosen == "re-embed":
        texts = {one: hit["content"] for one, hit in found.items() if isinstance(hit["content"], str)}
        embeds = embedder or PipelineEmbedder(
            client=client, pipeline_id=wanted.pipeline_id, patience=patience
        )
        vectors = embeds.embed_documents(list(texts.values()), list(texts))
        expected = dict(zip(texts, vectors, strict=True))
    else:
        there = _vectors(client, old, {"ids": {"values": sorted(found)}})
        # Documents that were changed meanwhile are left out: they are carried over again later.
        same = {one: hit for one, hit in there.items() if hit["version"] == found[one]["version"]}
        expected = {one: hit["vector"][: wanted.identity.dims] for one, hit in same.items()}
    for one, vector in expected.items():
        stored = found[one]["vector"]
        if len(stored) != wanted.identity.dims or cosine(stored, vector) < NEAR:
            raise IndexingError(
                f"Document {one} has another embedding in the new index {new} than it should have (cosine "
                f"{cosine(stored, vector):.4f}). {old} is in use as before. Was the model or the pipeline changed "
                f"during the migration? Delete the new index (DELETE /{new}), and run the command again."
            )


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the cosine similarity of two vectors; 0 when their lengths differ or one is all zeros."""
    if len(a) != len(b):
        return 0.0
    lengths = math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / lengths if lengths else 0.0


def _vectors(client: Requests, index: str, query: dict[str, Any]) -> dict[str, dict[str, Any]]:
    size = min(SAMPLE, read_window(client, index))
    body = {"query": query, "size": size, "fields": [VECTOR], "_source": [CONTENT], "version": True}
    hits = client.request("POST", f"/{index}/_search", body)["hits"]["hits"]
    return {
        str(hit["_id"]): {
            "vector": hit["fields"][VECTOR],
            "content": hit.get("_source", {}).get(CONTENT),
            "version": hit["_version"],
        }
        for hit in hits
        if VECTOR in hit.get("fields", {})
    }
