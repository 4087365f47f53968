"""Hybrid search: who fuses, and what is told of the sides."""

from typing import Any

import pytest

from components.elasticsearch.client.failures import refusal
from components.elasticsearch.embedding import hybrid
from components.elasticsearch.embedding.hits import Side
from components.elasticsearch.embedding.queries import Question
from components.elasticsearch.errors import ElasticsearchError, RefusedError
from tests.unit.elasticsearch.recording import CONNECTION, RecordedCluster

QUESTION = Question(text="cats", vector=[0.6, 0.8], index_options="hnsw", size=2)

NO_LICENSE = {
    "type": "security_exception",
    "reason": "current license is non-compliant for [Reciprocal Rank Fusion (RRF)]",
}
NO_MODULE = {
    "type": "parsing_exception",
    "reason": "unknown retriever [rrf]",
    "caused_by": {"type": "named_object_not_found_exception", "reason": "[1:34] unknown field [rrf]"},
}
BAD_FILTER = {"type": "parsing_exception", "reason": "unknown query [trem] did you mean [term]?"}


def refused(status: int, error: dict[str, Any]) -> ElasticsearchError:
    """Return the error of a search that was refused."""
    return refusal(CONNECTION, "POST /x/_search", status, {"error": error})


def answer(*scored: tuple[str, float]) -> dict[str, Any]:
    """Return what a search finds; the number of a document in its shard is the one in its id."""
    hits = [
        {"_id": one, "_score": score, "sort": [score, int(one)], "_source": {"content": f"text {one}"}}
        for one, score in scored
    ]
    return {"hits": {"hits": hits}}


MEANING, WORDS = answer(("3", 0.9), ("1", 0.8), ("2", 0.7)), answer(("2", 5.0), ("3", 4.0))


@pytest.mark.parametrize(("status", "error"), [(403, NO_LICENSE), (400, NO_MODULE)])
def test_where_elasticsearch_does_not_fuse_this_program_does(status: int, error: dict[str, Any]) -> None:
    # The documents come in another order, as they may.
    fetched = answer(("2", 1.0), ("3", 1.0))
    cluster = RecordedCluster(
        {
            "POST /x/_search": refused(status, error),
            "POST /x/_pit": {"id": "point"},
            "POST /_search": [MEANING, WORDS, fetched],
        }
    )
    fused = hybrid.ask(cluster, "x", QUESTION, sides=False)
    assert fused.by == hybrid.BY_THIS_PROGRAM
    assert [(hit.id, hit.content) for hit in fused.hits] == [("3", "text 3"), ("2", "text 2")]
    assert fused.hits[0].semantic == Side(1, 0.9)
    assert fused.hits[0].text == Side(2, 4.0)
    assert cluster.asked[-1] == ("DELETE /_pit", {"id": "point"})


def test_what_elasticsearch_fused_is_left_in_its_order() -> None:
    cluster = RecordedCluster({"POST /x/_search": answer(("2", 0.03), ("3", 0.03))})
    fused = hybrid.ask(cluster, "x", QUESTION, sides=False)
    assert [hit.id for hit in fused.hits] == ["2", "3"]
    assert fused.by == hybrid.BY_ELASTICSEARCH
    assert len(cluster.asked) == 1


def test_sides_are_asked_beside_what_elasticsearch_fused() -> None:
    answers = {"POST /x/_search": answer(("2", 0.03), ("1", 0.02)), "POST /_search": [MEANING, WORDS]}
    fused = hybrid.ask(RecordedCluster({**answers, "POST /x/_pit": {"id": "p"}}), "x", QUESTION, sides=True)
    assert [(hit.semantic, hit.text) for hit in fused.hits] == [
        (Side(3, 0.7), Side(1, 5.0)),
        (Side(2, 0.8), None),
    ]
    assert len(fused.requests) == 3


def test_another_refusal_is_told() -> None:
    with pytest.raises(RefusedError, match="trem"):
        hybrid.ask(RecordedCluster({"POST /x/_search": refused(400, BAD_FILTER)}), "x", QUESTION, sides=False)


def test_the_point_in_time_is_closed_when_a_search_fails() -> None:
    answers = {
        "POST /x/_search": refused(400, NO_MODULE),
        "POST /x/_pit": {"id": "point"},
        "POST /_search": refused(400, BAD_FILTER),
    }
    cluster = RecordedCluster(answers)
    with pytest.raises(RefusedError, match="trem"):
        hybrid.ask(cluster, "x", QUESTION, sides=False)
    assert cluster.asked[-1] == ("DELETE /_pit", {"id": "point"})


def test_nothing_found_is_no_error() -> None:
    answers = {
        "POST /x/_search": refused(400, NO_MODULE),
        "POST /x/_pit": {"id": "point"},
        "POST /_search": answer(),
    }
    assert hybrid.ask(RecordedCluster(answers), "x", QUESTION, sides=False).hits == []
