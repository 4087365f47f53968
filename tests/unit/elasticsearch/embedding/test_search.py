"""Search: what Elasticsearch is asked, and what comes of it."""

from components.elasticsearch.embedding import search
from tests.unit.elasticsearch.recording import RecordedCluster

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
