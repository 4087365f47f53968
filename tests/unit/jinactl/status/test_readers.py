"""How the parts of a stack are read, from a cluster and a gateway that answer from tables."""

from typing import Any

import pytest

from components.elasticsearch.documents.staleness import Tally
from components.elasticsearch.errors import LicenseError, PrivilegeError, UnavailableError, UnreachableError
from components.elasticsearch.fields import VECTOR
from components.elasticsearch.identity import MANAGED_BY
from jinactl.outputs import facts_of
from jinactl.status import index
from jinactl.status.disk import must_be_free, read_disks
from jinactl.status.gateway import read_gateway, read_samples
from jinactl.status.index import read_index
from jinactl.status.reading import read_search
from jinactl.status.state import DiskState, IndexState, Unread
from tests.unit.elasticsearch.recording import IDENTITY, RecordedCluster, missing
from tests.unit.jinactl.stack_outputs import OUTPUTS

GB, TB = 1024**3, 1024**4
META = {"managed_by": MANAGED_BY, "identity": IDENTITY.as_dict(), "alias": "jina-demo"}


def generation(alias: bool = False, settings: dict[str, Any] | None = None, **meta: Any) -> dict[str, Any]:
    return {
        "aliases": {"jina-demo": {}} if alias else {},
        "mappings": {"_meta": {**META, **meta}, "properties": {VECTOR: {"dims": 768}}},
        "settings": {"index": settings or {}},
    }


@pytest.fixture(autouse=True)
def nothing_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the search for stale embeddings, which has tests of its own."""
    monkeypatch.setattr(index, "tally", lambda *_: Tally({}))


def read(cluster: RecordedCluster) -> IndexState:
    return read_index(cluster, "jina-demo", owner="cpu-0a1b2c", backups=False)


@pytest.mark.parametrize(
    ("total", "watermark", "most", "free"),
    [
        (TB, "85%", "200gb", TB * 15 // 100),
        (10 * TB, "85%", "200gb", 200 * GB),
        (10 * TB, "0.85", "-1", 10 * TB * 15 // 100),
        (TB, "1gb", "-1", GB),
        (TB, "1.5GB", "200gb", GB * 3 // 2),
    ],
)
def test_a_watermark_is_a_part_in_use_or_bytes_that_are_free(
    total: int, watermark: str, most: str, free: int
) -> None:
    assert must_be_free(total, watermark, most) == pytest.approx(free, abs=1)


def test_the_watermarks_that_somebody_set_count_before_the_defaults() -> None:
    low = "cluster.routing.allocation.disk.watermark.low"
    cluster = RecordedCluster(
        {
            "GET /_cluster/settings": {
                "defaults": {low: "85%", f"{low}.max_headroom": "-1"},
                "persistent": {low: "30b"},
                "transient": {low: "20b"},
            },
            "GET /_nodes/stats/fs": {
                "nodes": {
                    "x": {
                        "name": "node",
                        "fs": {"total": {"total_in_bytes": 100, "available_in_bytes": 60}},
                    }
                }
            },
        }
    )
    assert read_disks(cluster) == (DiskState(node="node", total=100, free=60, low=20, high=0, flood=0),)


def test_generations_are_told_by_what_they_are_for() -> None:
    cluster = RecordedCluster(
        {
            "GET /jina-demo": {"jina-demo-768-f16-a-2": generation(alias=True)},
            "GET /jina-demo-*": {
                "jina-demo-768-f16-a-1": generation(owner="cpu-0a1b2c", retired={"successor": "x"}),
                "jina-demo-768-f16-a-2": generation(alias=True),
                "jina-demo-768-f16-a-3": generation(migration={"source": "x"}),
                "jina-demo-768-f16-a-4": generation(owner="another-stack"),
                "jina-demo-other": generation(alias_of_another=True) | {"mappings": {}},
            },
            "GET /jina-demo-768-f16-a-2/_count": {"count": 7},
            "GET /jina-demo-768-f16-a-3/_count": UnavailableError("all shards failed"),
            "GET /jina-demo-768-f16-a-2/_stats/store": {"_all": {"total": {"store": {"size_in_bytes": 5}}}},
            "GET /_cluster/health/jina-demo": {"status": "yellow"},
        }
    )
    found = read(cluster)
    assert [(one.role, one.name[-1], one.documents) for one in found.generations] == [
        ("live", "2", 7),
        ("in migration", "3", None),
        ("kept", "1", 0),
    ]
    assert (found.documents, found.health, found.live[0].bytes) == (7, "yellow", 5)


@pytest.mark.parametrize("refused", [LicenseError("ended"), PrivilegeError("may not monitor")], ids=repr)
def test_a_closed_index_is_not_counted_and_health_and_size_may_be_hidden(refused: Exception) -> None:
    cluster = RecordedCluster(
        {
            "GET /jina-demo": {
                "a": generation(alias=True, settings={"verified_before_close": "true"}),
                "b": generation(alias=True, settings={"blocks": {"write": "true", "read": "false"}}),
            },
            "GET /jina-demo-*": missing(),
            "GET /b/_stats/store": refused,
            "GET /_cluster/health/jina-demo": refused,
        }
    )
    closed, blocked = read(cluster).live
    assert (closed.closed, closed.documents) == (True, None)
    assert (blocked.blocks, blocked.bytes) == (("write",), 0)
    assert not any(shown.startswith("GET /a/") for shown, _ in cluster.asked)


def test_a_cluster_that_is_out_of_reach_is_asked_once() -> None:
    cluster = RecordedCluster({"GET /": UnreachableError("nothing answers")})
    facts = facts_of({**OUTPUTS, "elasticsearchBackupVolume": "backups"}, "outputs")
    search = read_search(cluster, facts, ["jina-demo", "tickets"])
    assert search.indices["jina-demo"] == search.indices["tickets"] == search.disks
    assert search.disks == Unread("nothing answers")
    assert len(cluster.asked) == 1


def test_nothing_is_written_to_the_cluster() -> None:
    answers = {"GET /": {"version": {"number": "9.5.3"}}, "GET /jina-demo": missing()}
    cluster = RecordedCluster({**answers, "GET /_snapshot/jina-backups/*": missing()})
    facts = facts_of({**OUTPUTS, "elasticsearchBackupVolume": "backups"}, "outputs")
    found = read_search(cluster, facts, ["jina-demo"]).indices["jina-demo"]
    assert isinstance(found, IndexState)
    assert (found.generations, found.backup) == ((), None)
    assert cluster.written == []


def test_figures_are_read_with_their_labels() -> None:
    text = '# HELP a b\na_total{code="queue_full",lane="queries,documents"} 3.0\nb 1e3\nc{x="a } b"} NaN\nnoise\n'
    first, second, third = read_samples(text)
    assert (first.labels["lane"], first.value, second.value) == ("queries,documents", 3.0, 1000.0)
    assert third.labels == {"x": "a } b"}


def test_a_gateway_that_does_not_answer_is_a_line() -> None:
    told = read_gateway("http://127.0.0.1:9", "key")
    assert isinstance(told, Unread)
    assert "http://127.0.0.1:9 does not answer" in told.why
    assert "key" not in told.why
