"""The index: what is asked and written to make it what is wanted, and that it ends."""

from typing import Any

import pytest

from components.elasticsearch import index
from components.elasticsearch.errors import ConflictError
from components.elasticsearch.generations.index import build_index, build_meta, vector_mapping
from tests.unit.elasticsearch.generations.made import MAPPED, WANTED
from tests.unit.elasticsearch.recording import IDENTITY, RecordedCluster, missing

FIRST = "jina-demo-768-f16-59cfacee-1"


def shown(**changes: Any) -> dict[str, Any]:
    """Return the index as Elasticsearch shows it."""
    return {**build_index(WANTED), "aliases": {"jina-demo": {}}, **changes}


def test_the_first_generation_is_made_together_with_its_alias() -> None:
    cluster = RecordedCluster({"GET /jina-demo": [missing(), {FIRST: shown()}]})
    assert index.converge(cluster, WANTED) == FIRST
    assert [asked.split("?")[0] for asked in cluster.written] == [f"PUT /{FIRST}"]
    created = next(body for asked, body in cluster.asked if asked.startswith("PUT"))
    assert created["aliases"] == {"jina-demo": {}}


def test_an_index_that_is_as_wanted_is_not_written_to_and_three_requests_tell_so() -> None:
    same = {
        "aliases": {"jina-demo": {}},
        "settings": {"index": {"default_pipeline": "jina-embeddings", "number_of_replicas": "1"}},
        "mappings": {
            "_meta": build_meta(WANTED),
            "properties": {**MAPPED, "content_embedding": vector_mapping(IDENTITY)},
        },
    }
    cluster = RecordedCluster({"GET /jina-demo": {"i-1": same}})
    assert index.converge(cluster, WANTED) == "i-1"
    assert [asked for asked, _ in cluster.asked] == [
        "GET /jina-demo?expand_wildcards=all",
        "GET /jina-demo-*?expand_wildcards=all",
        "GET /_ingest/pipeline/jina-demo-*-frozen",
    ]


def test_an_index_made_by_hand_keeps_its_index_options_when_it_is_adopted() -> None:
    flat = {**vector_mapping(IDENTITY), "index_options": {"type": "flat"}}
    by_hand = {"mappings": {"properties": {"content_embedding": flat}}}
    cluster = RecordedCluster({"GET /i-1": {"i-1": by_hand}})
    noted = {**build_meta(WANTED), "adopted": True}
    properties = {**MAPPED, "content_embedding": flat}
    adopted = shown(mappings={"_meta": noted, "properties": properties})
    cluster.answers["GET /jina-demo"] = [{"i-1": by_hand}, {"i-1": adopted}]
    assert index.converge(cluster, WANTED) == "i-1"
    assert cluster.written == ["PUT /i-1/_mapping", "PUT /i-1/_mapping", "PUT /i-1/_settings"]
    assert next(body for asked, body in cluster.asked if asked == "PUT /i-1/_mapping") == {"_meta": noted}


def test_an_index_that_does_not_stay_as_it_was_set_ends_in_an_error() -> None:
    unchanging = shown(settings={"index": {"default_pipeline": "of-a-template"}})
    cluster = RecordedCluster({"GET /jina-demo": {"i-1": unchanging}, "GET /i-1": {"i-1": unchanging}})
    with pytest.raises(
        ConflictError, match=r"jina-demo is still not as wanted.*repair.*settings were changed"
    ):
        index.converge(cluster, WANTED)
    assert cluster.written == ["PUT /i-1/_settings"]
