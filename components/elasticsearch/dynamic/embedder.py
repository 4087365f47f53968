"""The inputs of a resource that embeds documents itself, where Elasticsearch does not."""

from collections.abc import Mapping
from typing import Any

from components.elasticsearch.embedding.embedder import Embedder

EMBEDDER = ("embedder", "embeddings_api_key")
"""They mean nothing to what is there already: the vectors are the same whoever makes them."""


def embedder_of(values: Mapping[str, Any]) -> Embedder | None:
    """Return the embedder that a resource's inputs describe; None where Elasticsearch embeds."""
    described = str(values.get("embedder") or "")
    return Embedder.from_json(described, str(values.get("embeddings_api_key") or "")) if described else None
