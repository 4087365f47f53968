"""Backups that are not whole are refused, and only whole ones push older ones out."""

from typing import Any

import pytest

from components.elasticsearch.backups import taking
from components.elasticsearch.backups.contents import Contents, read_contents, read_generations
from components.elasticsearch.errors import BackupError
from components.elasticsearch.generations.generation import Generation, LiveIndex
from components.elasticsearch.generations.live_index import read_live
from components.elasticsearch.identity import MANAGED_BY
from tests.unit.elasticsearch.backups.backups import backup, live_answers, snapshot
from tests.unit.elasticsearch.recording import IDENTITY, RecordedCluster, missing

CONTENTS = Contents(generation="jina-demo-768-f16-59cfacee-3", others=("ledger",))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"state": "PARTIAL", "failures": [{"index": "ledger", "reason": "disk"}]},
            "(PARTIAL): ledger: disk.",
        ),
        ({"state": "FAILED"}, "(FAILED): no reason given."),
        ({"indices": ["ledger"]}, "(SUCCESS): not in it: jina-demo-768-f16-59cfacee-3."),
    ],
    ids=str,
)
def test_a_backup_that_is_not_whole_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(BackupError) as raised:
        taking._require_whole(backup(**changes), CONTENTS)
    assert f"The backup first is not whole {told}" in str(raised.value)
    assert "Earlier backups were kept" in str(raised.value)


def test_one_that_is_lost_in_the_middle_is_told() -> None:
    cluster = RecordedCluster({"GET /_snapshot/jina-backups/a": missing()})
    with pytest.raises(BackupError, match="The backup a is gone: the node was restarted"):
        taking._watch(cluster, "a", print)


def test_people_are_told_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "SECONDS_BETWEEN_LINES", -1.0)
    monkeypatch.setattr(taking, "POLL_SECONDS", 0.0)
    stats = {"incremental": {"size_in_bytes": 8e6}, "processed": {"size_in_bytes": 2e6}}
    shards = {"done": 1, "total": 4}
    under_way, whole = snapshot("a", 1, state="IN_PROGRESS"), snapshot("a", 1)
    answers = {
        "GET /_snapshot/jina-backups/a": [{"snapshots": [under_way]}, {"snapshots": [whole]}],
        "GET /_snapshot/jina-backups/a/_status": {"snapshots": [{"shards_stats": shards, "stats": stats}]},
    }
    told: list[str] = []
    assert taking._watch(RecordedCluster(answers), "a", told.append).whole
    assert told == ["a: 1 of 4 shards, 2.0 of 8.0 MB that no earlier backup has"]


def test_the_newest_whole_ones_are_kept_and_older_broken_ones_go() -> None:
    of_other = snapshot("other", 0)
    of_other["metadata"] = {**of_other["metadata"], "alias": "other"}
    found = [
        of_other,
        snapshot("broken-old", 1, state="FAILED"),
        snapshot("a", 2),
        snapshot("b", 3),
        snapshot("c", 4),
        snapshot("under-way", 3, state="IN_PROGRESS"),
        snapshot("broken-new", 5, state="PARTIAL"),
    ]
    cluster = RecordedCluster({"GET /_snapshot/jina-backups/*": {"snapshots": found}})
    taking.prune(cluster, "jina-demo", 2, lambda _: None)
    assert cluster.written == [f"DELETE /_snapshot/jina-backups/{name}" for name in ("a", "broken-old")]


def test_copies_and_what_is_elasticsearchs_stay_out() -> None:
    current = Generation(index="jina-demo-64-f16-x-2", managed=True, identity=IDENTITY)
    retired = Generation(
        index="jina-demo-64-f16-x-1", managed=True, identity=IDENTITY, retired={"successor": current.index}
    )
    answer = {
        "indices": [
            {"name": current.index, "attributes": ["open"]},
            {"name": retired.index, "attributes": ["open"]},
            {"name": ".security-7", "attributes": ["open", "hidden", "system"]},
            {"name": ".ds-logs-1", "attributes": ["open", "hidden"], "data_stream": "logs"},
            {"name": ".mine", "attributes": ["open", "hidden"]},
            {"name": "archive", "attributes": ["closed"]},
        ],
        "data_streams": [{"name": "logs"}, {"name": "ilm-history-7"}],
    }
    cluster = RecordedCluster({"GET /_resolve/index/*": answer})
    found = read_contents(cluster, LiveIndex(behind=(current,), beside=(retired,)), current.index)
    assert found.others == (".mine", "archive", "logs")
    assert (found.closed, found.countable) == (("archive",), (".mine", "logs"))


def test_what_belongs_to_another_index_of_the_stack_is_in_the_backup_of_that_one() -> None:
    """Together the two backups hold all that one would: nothing is left out of both, nothing is in both."""
    bodies = {
        "jina-demo-64-f16-x-1": {"alias": "jina-demo", "managed_by": MANAGED_BY},
        "tickets-64-f16-x-2": {"alias": "tickets", "managed_by": MANAGED_BY},
        "tickets-64-f16-x-1": {"alias": "tickets", "managed_by": MANAGED_BY},
        "tickets-of-mine": {},
    }
    live = {index: {"mappings": {"_meta": meta}} for index, meta in bodies.items()}
    of_tickets = {index: body for index, body in live.items() if index.startswith("tickets-")}
    cluster = RecordedCluster(
        {
            "GET /_resolve/index/*": {"indices": [{"name": index} for index in bodies]},
            "GET /jina-demo": {"jina-demo-64-f16-x-1": live["jina-demo-64-f16-x-1"]},
            "GET /tickets": {"tickets-64-f16-x-2": live["tickets-64-f16-x-2"]},
            "GET /tickets-*": of_tickets,
        }
    )
    first = read_contents(cluster, read_live(cluster, "jina-demo"), "jina-demo-64-f16-x-1", ["tickets"])
    second = read_generations("tickets", read_live(cluster, "tickets"), "tickets-64-f16-x-2")
    assert sorted((*first.names, *second.names)) == sorted(bodies)
    assert first.names == ("jina-demo-64-f16-x-1", "tickets-of-mine")


@pytest.mark.parametrize("held", [None, {"source": "jina-demo-64-f16-x-1"}], ids=["nothing", "unfinished"])
def test_nothing_is_begun_without_a_whole_generation(held: dict[str, Any] | None) -> None:
    behind = () if held is None else (Generation(index="a", identity=IDENTITY, migration=held),)
    with pytest.raises(BackupError, match="`pulumi up` first"):
        taking._require_complete("jina-demo", LiveIndex(behind=behind))


def test_a_backup_is_taken_of_everything_and_notes_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "POLL_SECONDS", 0.0)
    index = "jina-demo-768-f16-59cfacee-3"
    aliases: dict[str, Any] = {"jina-demo": {}, "people": {}}
    answers = live_answers(index, {"managed_by": MANAGED_BY, "identity": IDENTITY.as_dict()}, aliases)
    answers["GET /_resolve/index/*"] = {"indices": [{"name": "ledger"}, {"name": index}]}
    answers["GET /ledger/_count"] = {"count": 3}

    class Cluster(RecordedCluster):
        """Holds the one backup that is asked for, whole."""

        def request(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
            if method == "PUT" and path.startswith("/_snapshot/jina-backups/"):
                assert body["indices"] == [index, "ledger"]
                one = snapshot(path.rpartition("/")[2], 1, metadata=body["metadata"])
                self.answers[f"GET {path}"] = self.answers["GET /_snapshot/jina-backups/*"] = {
                    "snapshots": [one]
                }
            return super().request(method, path, body, **more)

    told: list[str] = []
    backup = taking.take_backup(Cluster(answers), "jina-demo", keep=7, say=told.append)
    assert (backup.documents, backup.generation, backup.metadata["others"]) == (12, index, 3)
    assert backup.metadata["aliases"] == {"people": {}}
    assert told == [f"{backup.name}: backing up 12 documents of jina-demo, 3 of other indices"]
