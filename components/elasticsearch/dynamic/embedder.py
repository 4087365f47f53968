"""The inputs of a resource that embeds documents itself, where Elasticsearch does not."""

from collections.abc import Mapping
from typing import Any

from components.elasticsearch.embedding.embedder import Embedder

EMBEDDER = ("embedder", "embeddings_api_key")
"""A change of these inputs needs no request: existing vectors stay right, whoever made them."""


def embedder_of(values: Mapping[str, Any]) -> Embedder | None:
    """Return the embedder that a resource's inputs describe; None where Elasticsearch embeds."""
    described = str(values.get("embedder") or "")
    return Embedder.from_json(described, str(values.get("embeddings_api_key") or "")) if described else None
