"""What passes for a restored index, and what does not."""

import pytest

from components.elasticsearch.backups.contents import Count
from components.elasticsearch.backups.verifying import require_count, require_findable, wait_until_there
from components.elasticsearch.errors import BackupError
from tests.unit.elasticsearch.recording import RecordedCluster

NOTED = Count(documents=10, written=20)


def hits(*vectors: list[float]) -> dict[str, object]:
    found = [{"_id": str(number), "fields": {"content_embedding": one}} for number, one in enumerate(vectors)]
    return {"hits": {"hits": found}}


def test_as_many_documents_pass_in_silence() -> None:
    told: list[str] = []
    require_count("a", Count(documents=10, written=25), NOTED, told.append)
    assert told == []


def test_others_pass_where_more_was_written_than_noted() -> None:
    told: list[str] = []
    require_count("a", Count(documents=12, written=22), NOTED, told.append)
    assert told[0].startswith("a: 12 documents; 10 when the backup was begun")


@pytest.mark.parametrize("documents", [9, 11, 0])
def test_any_other_number_is_refused(documents: int) -> None:
    with pytest.raises(BackupError, match=f"a holds {documents} documents instead of the 10"):
        require_count("a", Count(documents=documents, written=20), NOTED, print)


@pytest.mark.parametrize(
    ("found", "passes"),
    [(hits([1.0, 0.0]), True), (hits([0.9999, 0.0001]), True), (hits([0.0, 1.0]), False), (hits(), False)],
    ids=["itself", "one with its vector", "another", "nothing"],
)
def test_a_document_must_be_found_by_its_own_vector(found: dict[str, object], passes: bool) -> None:
    cluster = RecordedCluster({"POST /a/_search": [hits([1.0, 0.0]), found]})
    if passes:
        assert require_findable(cluster, "a") == 1
        return
    with pytest.raises(BackupError, match="Document 0 of a is not found by its own vector"):
        require_findable(cluster, "a")


def test_a_shard_that_does_not_come_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.elasticsearch.backups.verifying.STUCK_SECONDS", 0.02)
    monkeypatch.setattr("components.elasticsearch.backups.verifying.POLL_SECONDS", 0.01)
    cluster = RecordedCluster({"GET /_cluster/health/a": {"status": "red"}})
    with pytest.raises(BackupError, match=r"Not all shards of a come back.*allocation/explain"):
        wait_until_there(cluster, ["a"], print)
