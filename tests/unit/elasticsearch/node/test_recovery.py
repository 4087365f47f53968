"""When a node that has just started is taken to be searchable."""

from typing import Any

import pytest

from components.elasticsearch.node import recovery
from components.elasticsearch.node.recovery import LOOKS, await_indices
from tests.unit.elasticsearch.recording import RecordedCluster

STILL = dict.fromkeys(recovery.QUIET, 0)


class Opening(RecordedCluster):
    """A cluster whose health is the next of some each time it is asked, and the last for ever."""

    def __init__(self, *healths: dict[str, Any]) -> None:
        super().__init__({})
        self.healths = list(healths)

    def request(self, method: str, path: str, *_: Any, **__: Any) -> Any:
        self.asked.append((f"{method} {path}", None))
        return self.healths.pop(0) if len(self.healths) > 1 else self.healths[0]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "PAUSE", 0.0)


@pytest.mark.parametrize("usable", ["green", "yellow"])
@pytest.mark.parametrize("coming", recovery.QUIET)
def test_it_is_waited_for_while_anything_is_to_come(usable: str, coming: str) -> None:
    opening = {**STILL, "status": "red", coming: 1}
    cluster = Opening(*[opening] * (2 * LOOKS), {**STILL, "status": usable})
    said: list[str] = []
    await_indices(cluster, said.append)
    assert len(cluster.asked) == 2 * LOOKS + 1
    assert said == ["the node is up, and opens its indices"]


def test_a_node_that_is_open_is_asked_once_and_nothing_is_said() -> None:
    cluster = Opening({**STILL, "status": "green"})
    said: list[str] = []
    await_indices(cluster, said.append)
    assert (len(cluster.asked), said) == (1, [])


def test_shards_that_are_missing_for_good_are_said_and_not_waited_for() -> None:
    cluster = Opening({**STILL, "status": "red"})
    said: list[str] = []
    await_indices(cluster, said.append)
    assert len(cluster.asked) == LOOKS
    assert "shards that are not there" in said[-1]


def test_the_wait_ends_with_patience() -> None:
    cluster = Opening({**STILL, "status": "red", "initializing_shards": 1})
    said: list[str] = []
    await_indices(cluster, said.append, patience=-1)
    assert "shards that are not there" in said[-1]
