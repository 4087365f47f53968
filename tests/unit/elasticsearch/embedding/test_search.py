"""Search: how a query's embedding is cut, what is asked, and which demo document each demo query expects."""

import math

import pytest

from components.elasticsearch.documents.bulk import DEMO_DOCUMENTS, Document, index_documents
from components.elasticsearch.documents.queries import DEMO_QUERIES, DemoQuery
from components.elasticsearch.embedding import search
from components.elasticsearch.errors import EmbeddingError, IndexingError
from tests.unit.elasticsearch.recording import RecordedCluster


@pytest.mark.parametrize(
    ("vector", "dims", "kept"),
    [
        ([3.0, 4.0, 12.0], 2, [0.6, 0.8]),
        ([3.0, 4.0], 2, [0.6, 0.8]),
        ([0.0, 0.0, 1.0], 2, [0.0, 0.0]),
        ([1, 0], 1, [1.0]),
    ],
)
def test_truncation_keeps_the_first_numbers_at_length_one(
    vector: list[float], dims: int, kept: list[float]
) -> None:
    assert search.truncate(vector, dims) == pytest.approx(kept)


@pytest.mark.parametrize("dims", [32, 64, 128, 256, 512, 768])
def test_a_truncated_vector_has_length_one(dims: int) -> None:
    vector = [math.sin(number) for number in range(768)]
    cut = search.truncate(vector, dims)
    assert len(cut) == dims
    assert math.fsum(number * number for number in cut) == pytest.approx(1)


def test_too_few_numbers_are_an_error_that_names_the_settings() -> None:
    with pytest.raises(EmbeddingError, match=r"2 numbers where the index has 3.*dims or modelWidth"):
        search.truncate([1.0, 2.0], 3)


HITS = {"hits": {"hits": [{"_id": "demo-01", "_score": 0.9, "_source": {"content": "text"}}]}}


def test_a_vector_is_sent_as_query_vector() -> None:
    cluster = RecordedCluster({"POST /jina-demo/_search": HITS})
    assert search.search(cluster, "jina-demo", [0.6, 0.8], 2) == [search.Hit("demo-01", 0.9, "text")]
    knn = {"field": "content_embedding", "query_vector": [0.6, 0.8]}
    assert cluster.asked == [
        ("POST /jina-demo/_search", {"size": 2, "knn": knn, "_source": ["content"]}),
    ]


def test_the_builders_body_is_exactly_this() -> None:
    text = "Query: my app keeps getting killed in the cluster"
    assert search.builder_body("jina-local", text, 2) == {
        "size": 2,
        "knn": {
            "field": "content_embedding",
            "query_vector_builder": {"text_embedding": {"model_id": "jina-local", "model_text": text}},
        },
    }


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(EmbeddingError, match=r"http://127\.0\.0\.1:1/v1/embeddings cannot be reached"):
        search.embed("http://127.0.0.1:1/v1/embeddings", "", "m", "text")


@pytest.mark.parametrize(
    ("query", "word"),
    list(
        zip(
            DEMO_QUERIES,
            ["OOMKilled", "PostgreSQL", "certbot", "CORS|Cross-Origin", "AWS Lambda"],
            strict=True,
        )
    ),
)
def test_each_demo_query_expects_the_document_that_answers_it(query: DemoQuery, word: str) -> None:
    expected = next(one for one in DEMO_DOCUMENTS if one.id == query.expected)
    assert any(part in expected.content for part in word.split("|"))


def test_there_are_ten_demo_documents_with_ids_of_their_own() -> None:
    assert [one.id for one in DEMO_DOCUMENTS] == [f"demo-{number:02}" for number in range(1, 11)]
    assert len({one.content for one in DEMO_DOCUMENTS}) == 10


def test_documents_are_indexed_under_their_ids_in_small_requests() -> None:
    cluster = RecordedCluster({"POST /i/_bulk": {"items": []}})
    index_documents(cluster, "i", [Document(str(number), "text") for number in range(20)])
    assert [shown for shown, _ in cluster.asked] == ["POST /i/_bulk?refresh=true"] * 2
    assert cluster.asked[0][1][:2] == [{"index": {"_id": "0"}}, {"content": "text"}]
    assert [len(body) for _, body in cluster.asked] == [32, 8]


def test_a_refused_document_is_an_error_that_says_why() -> None:
    error = {"type": "t", "reason": "failed to parse", "caused_by": {"reason": "different dimensions"}}
    items = [{"index": {"_id": "a"}}, {"index": {"_id": "b", "status": 400, "error": error}}]
    cluster = RecordedCluster({"POST /i/_bulk": {"items": items}})
    with pytest.raises(IndexingError, match=r"1 of 2 documents.*b, with HTTP 400.*different dimensions"):
        index_documents(cluster, "i", [Document("a", "text"), Document("b", "text")])


def refusal_of(status: int) -> dict[str, object]:
    """Return what a bulk request says of document b when it refuses it."""
    return {
        "items": [{"index": {"_id": "b", "status": status, "error": {"type": "t", "reason": "queue full"}}}]
    }


def test_documents_that_are_refused_as_something_is_busy_are_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("components.elasticsearch.documents.bulk.time.sleep", pauses.append)
    cluster = RecordedCluster({"POST /i/_bulk": [refusal_of(429), refusal_of(503), {"items": []}]})
    index_documents(cluster, "i", [Document("a", "text"), Document("b", "words")])
    assert [body for _, body in cluster.asked[1:]] == [[{"index": {"_id": "b"}}, {"content": "words"}]] * 2
    assert pauses == [1.0, 2.0]


def test_documents_that_stay_refused_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.elasticsearch.documents.bulk.time.sleep", lambda _: None)
    cluster = RecordedCluster({"POST /i/_bulk": refusal_of(429)})
    with pytest.raises(IndexingError, match=r"1 of 1 documents.*HTTP 429: queue full"):
        index_documents(cluster, "i", [Document("b", "words")])
    assert len(cluster.asked) == 6
