"""What is restored of a backup, under which names, and what must not be lost by it."""

from typing import Any

import pytest

from components.elasticsearch.backups.handover import Target
from components.elasticsearch.backups.restoring import name_all, restore_backup
from components.elasticsearch.errors import BackupError, ConflictError, DocumentsAtRiskError
from components.elasticsearch.generations.generation import Generation, LiveIndex
from components.elasticsearch.identity import MANAGED_BY
from tests.unit.elasticsearch.backups.backups import backup, live_answers
from tests.unit.elasticsearch.recording import IDENTITY, RecordedCluster, missing

GENERATION = "jina-demo-768-f16-59cfacee-3"


@pytest.mark.parametrize(
    ("alias", "there", "names"),
    [
        ("jina-demo", (), {GENERATION: "jina-demo-768-f16-59cfacee-4"}),
        ("jina-demo", ("jina-demo-768-f16-59cfacee-9",), {GENERATION: "jina-demo-768-f16-59cfacee-10"}),
        ("other", ("other-64-f16-59cfacee-1",), {GENERATION: "other-768-f16-59cfacee-4"}),
    ],
)
def test_a_generation_gets_a_name_that_is_free_and_the_highest_number(
    alias: str, there: tuple[str, ...], names: dict[str, str]
) -> None:
    live = LiveIndex(behind=tuple(Generation(index=one) for one in there))
    found = name_all(alias, backup(), live)
    assert (found.generations, found.others) == (names, ("ledger",))


def test_generations_beside_it_come_below_it() -> None:
    beside = "jina-demo-64-q2k-59cfacee-7"
    found = name_all("jina-demo", backup(indices=[GENERATION, beside, "jina-demo-notes"]), LiveIndex())
    assert found.generations == {
        beside: "jina-demo-64-q2k-59cfacee-8",
        GENERATION: "jina-demo-768-f16-59cfacee-9",
    }
    assert found.restored == "jina-demo-768-f16-59cfacee-9"
    assert found.others == ("jina-demo-notes",)


def test_a_generation_that_was_named_by_hand_is_named_too() -> None:
    metadata = {**backup().metadata, "generation": "mine"}
    found = name_all("jina-demo", backup(indices=["mine"], metadata=metadata), LiveIndex())
    assert found.generations == {"mine": "jina-demo-restored-1"}


CURRENT, RESTORED = "jina-demo-768-f16-59cfacee-1", "jina-demo-768-f16-59cfacee-4"
TARGET = Target(alias="jina-demo", owner="cpu-0a1b2c")
MINE = {"managed_by": MANAGED_BY, "identity": IDENTITY.as_dict(), "alias": "jina-demo"}
HITS = {"hits": {"hits": [{"_id": "1", "fields": {"content_embedding": [1.0, 0.0]}}]}}


def fresh_stack(current: dict[str, Any] | None = None) -> RecordedCluster:
    """Return a stack that holds nothing yet, whose cluster has what is restored as soon as that is asked for."""
    there = live_answers(CURRENT, {**MINE, **(current or {})}, {"jina-demo": {}})
    there |= {f"GET /{CURRENT}/_count": {"count": 0}, "GET /ledger": missing()}
    restored = live_answers(RESTORED, MINE, {})
    restored |= {f"POST /{RESTORED}/_search": HITS, "GET /ledger/_count": {"count": 3}}
    healthy = {f"GET /_cluster/health/{one}": {"status": "yellow"} for one in (RESTORED, "ledger")}
    return RecordedCluster(restored | healthy | there)


def test_all_of_a_backup_is_restored_and_the_alias_moves_last() -> None:
    cluster, told = fresh_stack(), list[str]()
    assert restore_backup(cluster, TARGET, backup(), told.append) == RESTORED
    bodies = [body for asked, body in cluster.asked if asked.endswith("/_restore")]
    assert [one["indices"] for one in bodies] == [["ledger"], [GENERATION]]
    assert bodies[1]["rename_replacement"] == RESTORED
    assert bodies[1]["index_settings"] == {"index.blocks.write": True, "index.default_pipeline": "_none"}
    moved = next(body for asked, body in cluster.asked if asked == "POST /_aliases")
    assert moved["actions"] == [
        {"add": {"index": RESTORED, "alias": "jina-demo"}},
        {"remove": {"index": CURRENT, "alias": "jina-demo"}},
    ]
    written = cluster.written
    assert written.index("POST /_aliases") > written.index(f"PUT /{CURRENT}/_block/write")
    assert "12 documents are there; 1, taken at random, are found by their own vectors" in told


def test_documents_of_people_behind_the_alias_are_not_replaced() -> None:
    cluster = fresh_stack()
    cluster.answers[f"GET /{CURRENT}/_count"] = {"count": 1}
    with pytest.raises(DocumentsAtRiskError, match="Restore into a new stack"):
        restore_backup(cluster, TARGET, backup(), print)
    assert not any("_restore" in asked for asked in cluster.written)


def test_an_index_that_is_in_the_way_is_named() -> None:
    cluster = fresh_stack()
    cluster.answers["GET /ledger"] = {"ledger": {}}
    with pytest.raises(ConflictError, match="The backup first also holds ledger"):
        restore_backup(cluster, TARGET, backup(), print)
    assert not any("_restore" in asked for asked in cluster.written)


def test_what_an_interrupted_run_has_left_goes_first_and_what_it_restored_stays() -> None:
    note = {"backup": "first", "generations": [RESTORED], "others": ["ledger"]}
    cluster, told = fresh_stack({"restoring": note}), list[str]()
    left = {"settings": {"index": {"provided_name": GENERATION, "blocks": {"write": "true"}}}}
    again = cluster.answers[f"GET /{RESTORED}"]
    cluster.answers |= {"GET /ledger": {"ledger": {}}, f"GET /{RESTORED}": [{RESTORED: left}, *[again] * 9]}
    restore_backup(cluster, TARGET, backup(), told.append)
    written = cluster.written
    assert written.index(f"DELETE /{RESTORED}") < written.index("POST /_snapshot/jina-backups/first/_restore")
    assert "left as they are, since they are there already: ledger" in told


def test_a_stack_that_is_not_up_is_told_what_comes_first() -> None:
    with pytest.raises(BackupError, match="run `pulumi up` first, then restore"):
        restore_backup(RecordedCluster({"GET /jina-demo": missing()}), TARGET, backup(), print)


def test_one_that_was_restored_already_is_opened_again() -> None:
    cluster, told = fresh_stack({"successor": "(restored)"}), list[str]()
    assert restore_backup(cluster, TARGET, backup(), told.append) == CURRENT
    assert f"PUT /{CURRENT}/_settings" in cluster.written
    assert told == [f"{CURRENT} was restored already, and is open to writers again"]
