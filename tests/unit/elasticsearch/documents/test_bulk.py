"""How documents are written: in small requests, again where they are refused for a reason that passes."""

import pytest

from components.elasticsearch.documents.bulk import Document, Write, delete_documents, index_documents, write
from components.elasticsearch.errors import ClosedError, IndexingError, StillBusyError
from tests.unit.elasticsearch.recording import RecordedCluster


def test_documents_are_indexed_under_their_ids_in_small_requests() -> None:
    items = [{"index": {"_id": str(number), "status": 201}} for number in range(20)]
    cluster = RecordedCluster({"POST /i/_bulk": [{"items": items[:16]}, {"items": items[16:]}]})
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


def answer(*ids_and_statuses: tuple[str, int]) -> dict[str, object]:
    """Return the answer to a bulk request, by the status of each document."""
    error = {"error": {"type": "t", "reason": "queue full"}}
    return {
        "items": [
            {"index": {"_id": one, "status": status, **(error if status >= 400 else {})}}
            for one, status in ids_and_statuses
        ]
    }


def test_documents_that_are_refused_as_something_is_busy_are_sent_again(slept: list[float]) -> None:
    answers = [answer(("a", 201), ("b", 429)), answer(("b", 503)), answer(("b", 201))]
    cluster = RecordedCluster({"POST /i/_bulk": answers})
    index_documents(cluster, "i", [Document("a", "text"), Document("b", "words")])
    assert [body for _, body in cluster.asked[1:]] == [[{"index": {"_id": "b"}}, {"content": "words"}]] * 2
    assert slept == [1.0, 2.0]


def test_documents_that_stay_refused_are_an_error(slept: list[float]) -> None:
    cluster = RecordedCluster({"POST /i/_bulk": answer(("b", 429))})
    with pytest.raises(StillBusyError, match=r"1 of 1 documents.*HTTP 429: queue full"):
        index_documents(cluster, "i", [Document("b", "words")])
    assert len(cluster.asked) == 6
    assert slept == [1, 2, 4, 8, 16]


def test_a_refusal_that_is_accepted_is_told_and_not_sent_again() -> None:
    cluster = RecordedCluster({"POST /i/_bulk": answer(("a", 201), ("b", 409))})
    writes = [Write("index", one, {}) for one in "ab"]
    assert [item["status"] for item in write(cluster, "i", writes, accepted=[409])] == [201, 409]
    assert len(cluster.asked) == 1


@pytest.mark.parametrize(
    ("one", "lines"),
    [
        (Write("delete", "a"), [{"delete": {"_id": "a"}}]),
        (Write("delete", "a", routing="r"), [{"delete": {"_id": "a", "routing": "r"}}]),
        (Write("index", "a", {}, routing=""), [{"index": {"_id": "a"}}, {}]),
        (
            Write("update", "a", {"doc": {}}, conditions={"if_seq_no": 3}),
            [{"update": {"_id": "a", "if_seq_no": 3}}, {"doc": {}}],
        ),
    ],
)
def test_a_write_is_sent_as_one_line_or_two(one: Write, lines: list[object]) -> None:
    answer = {"items": [{one.action: {"_id": "a", "status": 404}}]}
    cluster = RecordedCluster({"POST /i/_bulk": answer})
    assert write(cluster, "i", [one]) == [{"_id": "a", "status": 404}]
    assert cluster.asked == [("POST /i/_bulk", lines)]


def test_an_index_that_is_closed_to_writers_keeps_what_was_to_be_deleted() -> None:
    block = {
        "type": "cluster_block_exception",
        "reason": "index [i] blocked by: [FORBIDDEN/8/index write (api)];",
    }
    refused = {"delete": {"_id": "a", "status": 403, "error": block}}
    delete_documents(RecordedCluster({"POST /i/_bulk": {"items": [refused]}}), "i", ["a"])
    with pytest.raises(ClosedError):
        write(RecordedCluster({"POST /i/_bulk": {"items": [refused]}}), "i", [Write("delete", "a")])


def test_nothing_to_write_asks_nothing() -> None:
    cluster = RecordedCluster()
    assert write(cluster, "i", []) == []
    assert cluster.asked == []
