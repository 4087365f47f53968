"""Search: what Elasticsearch is asked, and what comes of it."""

import pytest

from components.elasticsearch.client.failures import refusal
from components.elasticsearch.embedding import search
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.embedding.hits import Hit, Piece
from components.elasticsearch.errors import RefusedError
from tests.fixtures.embedding_server import embedding_server
from tests.unit.elasticsearch.recording import CONNECTION, RecordedCluster

HITS = {"hits": {"hits": [{"_id": "demo-01", "_score": 0.9, "_source": {"content": "text", "year": 1}}]}}
HIT = Hit("demo-01", 0.9, "text", (Piece("text", False),), {"year": 1})


def mapped(dims: int) -> dict[str, object]:
    """Return the mapping of an index of so many dims."""
    return {f"x-{dims}": {"mappings": {"properties": {"content_embedding": {"dims": dims}}}}}


REFUSED = refusal(CONNECTION, "POST /x", 400, {"error": {"type": "query_shard", "reason": "dimension"}})


def test_a_search_that_an_alias_moved_away_from_is_made_anew_in_the_new_dims() -> None:
    answers = {"GET /x/_mapping": [mapped(8), mapped(4)], "POST /x/_search": [REFUSED, HITS]}
    cluster = RecordedCluster(answers)
    with embedding_server(8) as server:
        hits = search.search(cluster, "x", Embedder(url=server.url, model="m", dims=2), "text").hits
        assert [request.body["dimensions"] for request in server.requests] == [8, 4]
    assert hits == [HIT]
    sent = [body["knn"]["query_vector"] for path, body in cluster.asked if path == "POST /x/_search"]
    assert [len(vector) for vector in sent] == [8, 4]


def test_a_search_that_is_refused_for_another_reason_is_told() -> None:
    cluster = RecordedCluster({"GET /x/_mapping": mapped(8), "POST /x/_search": REFUSED})
    with embedding_server(8) as server, pytest.raises(RefusedError, match="dimension"):
        search.search(cluster, "x", Embedder(url=server.url, model="m", dims=8), "text")


def test_by_words_nothing_is_embedded() -> None:
    cluster = RecordedCluster({"GET /x/_mapping": mapped(8), "POST /x/_search": HITS})
    nowhere = Embedder(url="http://127.0.0.1:1/v1/embeddings", model="m", dims=8)
    answer = search.search(cluster, "x", nowhere, "text", mode="text", filters=["_id=demo-01"])
    assert answer.hits == [HIT]
    assert answer.requests[0][1]["query"]["bool"]["filter"] == [{"ids": {"values": ["demo-01"]}}]
