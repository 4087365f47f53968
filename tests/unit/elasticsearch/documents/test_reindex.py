"""What became of a task: read from its answer, since Elasticsearch answers 200 to one that failed."""

from typing import Any

import pytest

from components.elasticsearch.documents import reindex
from components.elasticsearch.documents.reindex import Outcome, read_outcome
from tests.unit.elasticsearch.recording import RecordedCluster, missing


def failed(status: int, reason: str, **more: Any) -> dict[str, Any]:
    """Return the answer of a task that one document ended."""
    cause = {"type": "status_exception", "reason": reason, **more}
    return {"response": {"created": 3, "failures": [{"id": "d7", "status": status, "cause": cause}]}}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"response": {"created": 3, "updated": 2, "version_conflicts": 1}}, Outcome(5, 1)),
        (failed(429, "a rate limit"), Outcome(3, 0, "a rate limit", "d7", lasts=False)),
        (
            failed(429, "disk usage exceeded flood-stage watermark"),
            Outcome(3, 0, "disk usage exceeded flood-stage watermark", "d7", lasts=False),
        ),
        (failed(503, "busy"), Outcome(3, 0, "busy", "d7", lasts=False)),
        (failed(500, "refused", caused_by={"reason": "connect"}), Outcome(3, 0, "refused: connect", "d7")),
        (
            failed(500, "a server error", caused_by={"reason": "input is too large to process"}),
            Outcome(3, 0, "a server error: input is too large to process", "d7", lasts=True),
        ),
        (failed(400, "no text"), Outcome(3, 0, "no text", "d7", lasts=True)),
        (
            {"response": {"canceled": "by user request"}},
            Outcome(failure="it was cancelled (by user request)"),
        ),
        ({"error": {"type": "search_phase_execution_exception", "reason": "x"}}, Outcome(failure="x")),
        ({"error": {"type": "script_exception", "reason": "x"}}, Outcome(failure="x", lasts=True)),
    ],
    ids=[
        "done",
        "429",
        "full disk",
        "503",
        "gone",
        "too large",
        "400",
        "cancelled",
        "search failed",
        "script failed",
    ],
)
def test_the_outcome_is_read_from_the_answer(answer: dict[str, Any], outcome: Outcome) -> None:
    assert read_outcome(answer) == outcome


def test_a_failure_that_lasts_is_told_before_those_of_a_busy_server() -> None:
    busy, broken = failed(429, "busy"), failed(400, "broken")
    busy["response"]["failures"] += broken["response"]["failures"]
    assert read_outcome(busy) == Outcome(3, 0, "broken", "d7", lasts=True)


@pytest.mark.parametrize(
    "answer",
    [missing(), {"completed": False, "task": {"description": "indices[.security]"}}],
    ids=["gone", "its number is another task's"],
)
def test_a_task_that_a_restart_ended_is_tried_again(answer: Any) -> None:
    outcome = reindex.wait_for_task(RecordedCluster({"GET /_tasks/n:1": answer}), "n:1", "new")
    assert (bool(outcome.failure), outcome.lasts) == (True, False)


def test_only_tasks_that_write_into_the_index_are_cancelled() -> None:
    tasks = {
        "n:1": {"description": "reindex from [a] to [new]"},
        "n:2": {"description": "reindex from [a] to [new-2]"},
        "n:3": {"description": "reindex from [a] updated with Script{} to [new]"},
    }
    answers = [{"nodes": {"n": {"tasks": tasks}}}, {"nodes": {}}]
    cluster = RecordedCluster({"GET /_tasks": answers})
    reindex.wait_for_others(cluster, "new")
    assert cluster.written == ["POST /_tasks/n:1/_cancel", "POST /_tasks/n:3/_cancel"]
