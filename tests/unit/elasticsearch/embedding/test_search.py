"""Search: what Elasticsearch is asked, and what comes of it."""

import pytest

from components.elasticsearch.client.failures import refusal
from components.elasticsearch.embedding import search
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import IndexingError, RefusedError
from tests.fixtures.embedding_server import embedding_server
from tests.unit.elasticsearch.recording import CONNECTION, RecordedCluster

HITS = {"hits": {"hits": [{"_id": "demo-01", "_score": 0.9, "_source": {"content": "text"}}]}}


def test_a_vector_is_sent_as_query_vector() -> None:
    cluster = RecordedCluster({"POST /jina-demo/_search": HITS})
    assert search.search(cluster, "jina-demo", [0.6, 0.8], 2) == [search.Hit("demo-01", 0.9, "text")]
    knn = {"field": "content_embedding", "query_vector": [0.6, 0.8]}
    assert cluster.asked == [
        ("POST /jina-demo/_search", {"size": 2, "knn": knn, "_source": ["content"]}),
    ]


def test_the_builders_body_is_exactly_this() -> None:
    text = "my app keeps getting killed in the cluster"
    assert search.builder_body("jina-local", text, 2) == {
        "size": 2,
        "knn": {
            "field": "content_embedding",
            "query_vector_builder": {"text_embedding": {"model_id": "jina-local-query", "model_text": text}},
        },
    }


def mapped(dims: int) -> dict[str, object]:
    """Return the mapping of an index of so many dims."""
    return {f"x-{dims}": {"mappings": {"properties": {"content_embedding": {"dims": dims}}}}}


REFUSED = refusal(CONNECTION, "POST /x", 400, {"error": {"type": "query_shard", "reason": "dimension"}})


def test_a_search_that_an_alias_moved_away_from_is_made_anew_in_the_new_dims() -> None:
    answers = {"GET /x/_mapping": [mapped(8), mapped(4)], "POST /x/_search": [REFUSED, HITS]}
    cluster = RecordedCluster(answers)
    with embedding_server(8) as server:
        hits = search.search_text(cluster, "x", Embedder(url=server.url, model="m", dims=2), "text")
        assert [request.body["dimensions"] for request in server.requests] == [8, 4]
    assert [hit.id for hit in hits] == ["demo-01"]
    sent = [body["knn"]["query_vector"] for path, body in cluster.asked if path == "POST /x/_search"]
    assert [len(vector) for vector in sent] == [8, 4]


def test_a_search_that_is_refused_for_another_reason_is_told() -> None:
    cluster = RecordedCluster({"GET /x/_mapping": mapped(8), "POST /x/_search": REFUSED})
    with embedding_server(8) as server, pytest.raises(RefusedError, match="dimension"):
        search.search_text(cluster, "x", Embedder(url=server.url, model="m", dims=8), "text")


def test_an_index_without_embeddings_is_named() -> None:
    cluster = RecordedCluster({"GET /x/_mapping": {"x": {"mappings": {}}}})
    with pytest.raises(IndexingError, match="x has no embeddings"):
        search.read_dims(cluster, "x")
