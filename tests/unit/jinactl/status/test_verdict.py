"""What is trouble, and what of it stops a search."""

from dataclasses import replace
from typing import Any

import pytest

from jinactl.status.show import Mark, as_json, lines
from jinactl.status.state import ContainerState, EmbeddingsState, IndexState, LaneState, Unread
from jinactl.status.verdict import search_works, troubles
from tests.unit.jinactl.status.states import BACKUP, CLUSTER, DISK, GATEWAY, INDEX, LIVE, WELL

NOTHING = Unread("nothing answers")
EMPTY = replace(INDEX, health="", generations=(), backup=None)
HALF_BACKED_UP = replace(INDEX, backup=replace(BACKUP, whole=False))
GONE = ContainerState(
    name="jina-search-cpu-gateway",
    image="g",
    status="exited",
    health="",
    restarts=3,
    logs="docker logs jina-search-cpu-gateway",
)


def lanes(queries: bool, documents: bool) -> Any:
    of = {"queries": queries, "documents": documents}
    told = (
        LaneState(name=name, well=well, requests=0, texts=None, waiting=None) for name, well in of.items()
    )
    return replace(GATEWAY, lanes=tuple(told))


def behind(**changes: Any) -> IndexState:
    return replace(INDEX, generations=(replace(LIVE, **changes),))


def embedded(**changes: Any) -> IndexState:
    return replace(INDEX, embeddings=EmbeddingsState(**{"stale": 0, "without": 0, "whole": True, **changes}))


def test_where_all_is_well_there_is_no_trouble() -> None:
    assert troubles(WELL) == []
    assert {line.mark for line in lines(WELL)} == {"ok"}


@pytest.mark.parametrize(
    ("changes", "mark", "name", "told"),
    [
        ({"gateway": NOTHING}, "down", "gateway", "nothing answers"),
        ({"gateway": lanes(False, True)}, "down", "  lane queries", "its server does not answer"),
        ({"gateway": lanes(True, False)}, "look", "  lane documents", "its server does not answer"),
        (
            {"cluster": NOTHING, "indices": {"jina-demo": NOTHING}, "disks": NOTHING},
            "down",
            "elasticsearch",
            "nothing answers",
        ),
        (
            {"cluster": replace(CLUSTER, license_expires="2026-11-29T12:00:00+00:00")},
            "look",
            "  license",
            "2 days left",
        ),
        (
            {"cluster": replace(CLUSTER, license_expires="2026-11-26T12:00:00+00:00")},
            "look",
            "  license",
            "ended",
        ),
        ({"indices": {"jina-demo": NOTHING}}, "down", "index", "nothing answers"),
        ({"indices": {"jina-demo": EMPTY}}, "down", "index", "`pulumi up` makes one"),
        ({"indices": {"jina-demo": replace(INDEX, health="red")}}, "down", "index", "shards are missing"),
        ({"indices": {"jina-demo": behind(closed=True, documents=None)}}, "down", "  live", "_open opens it"),
        ({"indices": {"jina-demo": behind(dims=0)}}, "down", "  live", "no field for embeddings"),
        ({"indices": {"jina-demo": behind(blocks=("write",))}}, "look", "  live", "takes no writes (write)"),
        (
            {"indices": {"jina-demo": embedded(stale=4, whole=False)}},
            "look",
            "  embeddings",
            "at least 4",
        ),
        (
            {"indices": {"jina-demo": embedded(without=2)}},
            "look",
            "  embeddings",
            "2 documents",
        ),
        ({"disks": (replace(DISK, free=4),)}, "look", "disk", "refuses writes"),
        ({"disks": (replace(DISK, free=12),)}, "look", "disk", "no new replica"),
        (
            {"indices": {"jina-demo": HALF_BACKED_UP}},
            "look",
            "  backup",
            "not whole",
        ),
        ({"containers": (GONE,)}, "look", "containers", "exited"),
        ({"containers": NOTHING}, "?", "containers", "nothing answers"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
def test_each_trouble_is_marked_at_its_line(
    changes: dict[str, Any], mark: Mark, name: str, told: str
) -> None:
    status = replace(WELL, **changes)
    (line,) = [one for one in lines(status) if one.name == name]
    assert (line.mark, told in line.text) == (mark, True), line
    assert search_works(status) == (mark != "down")
    assert lines(status)[0].mark == ("ok" if mark == "?" else mark)


def test_each_index_has_lines_of_its_own() -> None:
    status = replace(WELL, indices={"jina-demo": INDEX, "tickets": embedded(stale=1)})
    marks = {line.text.partition(":")[0]: line.mark for line in lines(status) if line.name == "index"}
    assert marks == {"jina-demo": "ok", "tickets": "ok"}
    assert [line.mark for line in lines(status) if line.name == "  embeddings"] == ["ok", "look"]


def test_a_part_that_could_not_be_read_says_why_in_json() -> None:
    told = as_json(replace(WELL, disks=NOTHING))
    assert told["disks"] == {"unread": "nothing answers"}
    assert told["indices"]["jina-demo"]["generations"][0]["documents"] == 1_010
    assert told["at"] == "2026-11-27T12:00:00+00:00"
    assert told["search_works"] is True
