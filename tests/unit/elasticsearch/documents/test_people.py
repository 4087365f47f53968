"""Which documents are people's: all but those that the stack can make again."""

from typing import Any

import pytest

from components.elasticsearch.client.failures import refusal
from components.elasticsearch.documents.demo import DEMO_DOCUMENTS
from components.elasticsearch.documents.people import DemoPresence, count_of_people, read_demo
from tests.unit.elasticsearch.recording import CONNECTION, RecordedCluster, missing

FIRST, SECOND, THIRD = DEMO_DOCUMENTS[:3]
DOCUMENTS: list[dict[str, Any]] = [
    {"_id": FIRST.id, "found": True, "_source": {"content": FIRST.content}},
    {"_id": SECOND.id, "found": True, "_source": {"content": "edited"}},
    {"_id": THIRD.id, "found": True, "_source": {"content": THIRD.content, "tag": "mine"}},
    {"_id": "demo-04", "found": False},
]
BLOCKED = {"error": {"type": "cluster_block_exception", "reason": "index [i] blocked by: [FORBIDDEN/5/read]"}}


def test_unchanged_demo_documents_are_told_from_all_others() -> None:
    cluster = RecordedCluster({"GET /i/_count": {"count": 5}, "POST /i/_mget": {"docs": DOCUMENTS}})
    found = read_demo(cluster, "i")
    assert found == DemoPresence(("demo-01",), ("demo-02", "demo-03"))
    assert [one.id for one in found.missing] == [f"demo-{number:02}" for number in range(4, 11)]
    assert count_of_people(cluster, "i") == 4


def test_of_an_index_without_documents_none_is_read() -> None:
    cluster = RecordedCluster({"GET /i/_count": {"count": 0}})
    assert count_of_people(cluster, "i") == 0
    assert [asked for asked, _ in cluster.asked] == ["POST /i/_refresh", "GET /i/_count"]


def test_vectors_that_people_added_count_as_changes_where_elasticsearch_shows_them() -> None:
    unknown = {"error": {"type": "t", "reason": "unrecognized parameter: [_source_exclude_vectors]"}}
    cluster = RecordedCluster(
        {"POST /i/_mget": [refusal(CONNECTION, "POST", 400, unknown), {"docs": DOCUMENTS}]}
    )
    assert read_demo(cluster, "i").unchanged == ("demo-01",)
    assert "_source_exclude_vectors=false" in cluster.asked[0][0]
    assert "_source_exclude_vectors" not in cluster.asked[1][0]


@pytest.mark.parametrize(
    ("answer", "counted"),
    [
        ({"count": 3, "_shards": {"failed": 1}}, None),
        ({"count": 0, "_shards": {"failed": 1}}, None),
        (refusal(CONNECTION, "GET /i/_count", 403, BLOCKED), None),
        (missing(), 0),
    ],
    ids=["a shard is missing", "no shard left counts", "blocked", "gone"],
)
def test_what_cannot_be_counted_is_not_taken_for_nothing(answer: Any, counted: int | None) -> None:
    assert count_of_people(RecordedCluster({"GET /i/_count": answer}), "i") == counted
