"""What was being embedded while the aliases moved is embedded again once the old pipeline is at rest."""

from typing import Any

import pytest

from components.elasticsearch.errors import IndexingError
from components.elasticsearch.migration import stragglers
from tests.unit.elasticsearch.recording import RecordedCluster

UPDATE = "POST /new/_update_by_query"


def in_flight(*counts: int) -> list[dict[str, Any]]:
    """Return the statistics of two nodes, the first of which has so many writes in the old pipeline."""
    return [
        {"nodes": {"a": {"ingest": {"pipelines": {"old": {"current": count}}}}, "b": {"ingest": {}}}}
        for count in counts
    ]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.backoff.time.sleep", lambda _: None)


def test_it_waits_until_nothing_was_under_way_twice_in_a_row() -> None:
    cluster = RecordedCluster({"GET /_nodes/stats/ingest": in_flight(2, 0, 1, 0, 0), UPDATE: {"updated": 1}})
    stragglers.embed_stragglers(cluster, "new", 41, former="old", pipeline_id="stack")
    asked = [shown for shown, _ in cluster.asked]
    assert asked.count("GET /_nodes/stats/ingest") == 5
    assert asked[-1] == f"{UPDATE}?pipeline=stack&conflicts=proceed&scroll_size=1000"
    assert asked.index("POST /new/_refresh") > asked.index("GET /_nodes/stats/ingest")
    assert {"range": {"_seq_no": {"gt": 41}}} in cluster.asked[-1][1]["query"]["bool"]["filter"]


def test_a_busy_embedding_server_is_asked_again() -> None:
    busy = {"failures": [{"id": "a", "status": 503, "cause": {"reason": "busy"}}]}
    cluster = RecordedCluster(
        {"GET /_nodes/stats/ingest": in_flight(0, 0), UPDATE: [busy, busy, {"updated": 1}]}
    )
    stragglers.embed_stragglers(cluster, "new", 41, former="old", pipeline_id="stack")
    assert len([shown for shown, _ in cluster.asked if shown.startswith(UPDATE)]) == 3


def test_a_text_that_cannot_be_embedded_is_told() -> None:
    broken = {"failures": [{"id": "a", "status": 400, "cause": {"reason": "no text"}}]}
    cluster = RecordedCluster({"GET /_nodes/stats/ingest": in_flight(0, 0), UPDATE: broken})
    with pytest.raises(
        IndexingError, match=r"document a .* could not be embedded again: no text\. new is in use"
    ):
        stragglers.embed_stragglers(cluster, "new", 41, former="old", pipeline_id="stack")
