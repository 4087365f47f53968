"""How documents are written: in small requests, again where they are refused for a reason that passes."""

import pytest

from components.elasticsearch.documents.bulk import Document, index_documents
from components.elasticsearch.errors import IndexingError
from tests.unit.elasticsearch.recording import RecordedCluster


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
