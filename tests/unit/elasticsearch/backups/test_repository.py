"""Where backups are and which there are, told from what Elasticsearch answers."""

import pytest

from components.elasticsearch.backups.repository import open_repository, read_backup, read_backups
from components.elasticsearch.client.failures import refusal
from components.elasticsearch.errors import BackupError
from tests.unit.elasticsearch.backups.backups import snapshot
from tests.unit.elasticsearch.recording import CONNECTION, RecordedCluster, missing


def test_the_newest_comes_first_and_those_of_others_are_left_out() -> None:
    found = [snapshot("old", 1), snapshot("of-others", 9, metadata=None), snapshot("new", 2, state="PARTIAL")]
    backups = read_backups(RecordedCluster({"GET /_snapshot/jina-backups/*": {"snapshots": found}}))
    assert [(one.name, one.whole) for one in backups] == [("new", False), ("old", True)]
    assert (backups[1].size, backups[1].documents, backups[1].alias) == (12, 12, "jina-demo")


def test_indices_behind_data_streams_are_told_as_these() -> None:
    found = snapshot("a", 1, indices=["ledger", ".ds-logs-2026.01.01-000001"], data_streams=["logs"])
    (backup,) = read_backups(RecordedCluster({"GET /_snapshot/jina-backups/*": {"snapshots": [found]}}))
    assert backup.indices == ("ledger", "logs")


def test_one_that_is_not_there_is_told() -> None:
    cluster = RecordedCluster({"GET /_snapshot/jina-backups/none": missing()})
    with pytest.raises(BackupError, match=r"There is no backup none\. `jinactl backup --list`"):
        read_backup(cluster, "none")


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            "location [/x] doesn't match any of the locations specified by path.repo",
            "`pulumi up` gives it a volume",
        ),
        ("[jina-backups] path is not accessible on master node", r"chown -R 1000:0"),
    ],
)
def test_a_node_that_cannot_write_backups_is_told_with_what_to_do(reason: str, told: str) -> None:
    body = {"error": {"type": "repository_exception", "reason": "failed", "caused_by": {"reason": reason}}}
    error = refusal(CONNECTION, "PUT /_snapshot/jina-backups", 500, body)
    with pytest.raises(BackupError, match=told):
        open_repository(RecordedCluster({"PUT /_snapshot/jina-backups": error}))
