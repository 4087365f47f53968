"""Generations as Elasticsearch would show them."""

from dataclasses import replace
from typing import Any

from components.elasticsearch.documents.digest import DIGEST_MAPPING
from components.elasticsearch.generations.generation import Generation, WantedIndex
from components.elasticsearch.generations.index import vector_mapping
from components.elasticsearch.identity import Identity
from tests.unit.elasticsearch.recording import IDENTITY

WANTED = WantedIndex(
    alias="jina-demo", pipeline_id="jina-embeddings", identity=IDENTITY, revision="59cfaceeeb7d7"
)
OTHER = replace(IDENTITY, dims=256)
MAPPED = {"content_digest": DIGEST_MAPPING}


def made(identity: Identity | None = IDENTITY, *, counter: int = 1, **more: Any) -> Generation:
    """Return a generation of ours."""
    of = identity or IDENTITY
    vector = vector_mapping(of) | {
        "index_options": {"type": of.index_options, "m": 16, "ef_construction": 100}
    }
    chosen = {
        "vector": vector,
        "properties": MAPPED,
        "default_pipeline": "jina-embeddings",
        "aliases": {"jina-demo": {}},
        **more,
    }
    return Generation(
        index=f"jina-demo-{of.dims}-{counter}", managed=identity is not None, identity=identity, **chosen
    )
