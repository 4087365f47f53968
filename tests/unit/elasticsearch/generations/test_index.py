"""The body of a new generation, and what of its predecessor is carried on."""

from dataclasses import replace

import pytest

from components.elasticsearch.generations.index import build_index
from tests.unit.elasticsearch.generations.made import OTHER, WANTED, made
from tests.unit.elasticsearch.recording import IDENTITY


@pytest.mark.parametrize("dims", [32, 64, 128, 256, 512, 768])
def test_the_indexs_body_is_exactly_this(dims: int) -> None:
    wanted = replace(WANTED, identity=replace(IDENTITY, dims=dims))
    assert build_index(wanted) == {
        "settings": {"index": {"default_pipeline": "jina-embeddings", "number_of_replicas": 0}},
        "mappings": {
            "_meta": {
                "managed_by": "jina-search",
                "alias": "jina-demo",
                "identity": wanted.identity.as_dict(),
                "identity_version": 1,
                "revision": "59cfaceeeb7d7",
            },
            "properties": {
                "content": {"type": "text"},
                "content_digest": {"type": "keyword", "index": False},
                "content_embedding": {
                    "type": "dense_vector",
                    "dims": dims,
                    "similarity": "cosine",
                    "index": True,
                    "index_options": {"type": "int8_hnsw"},
                },
            },
        },
    }


def test_a_new_generation_keeps_what_people_added() -> None:
    body = build_index(WANTED, predecessor=made(OTHER, replicas="2", properties={"title": {"type": "text"}}))
    assert body["settings"]["index"]["number_of_replicas"] == 2
    assert body["mappings"]["properties"]["title"] == {"type": "text"}
    assert body["mappings"]["properties"]["content_embedding"]["dims"] == 768
