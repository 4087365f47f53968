"""Fixtures for migrations under faults: the doubles of the Elasticsearch tests, and a table of what was lost."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

import pytest

from components.elasticsearch.client.client import Client, ClusterPatience
from components.elasticsearch.dynamic.provider import ClusterProvider
from tests.contract.elasticsearch.conftest import client, connection, model, node, wanted
from tests.contract.elasticsearch.stack_resources import Wanted
from tests.contract.migration.outcomes import OUTCOMES, Outcome
from tests.contract.migration.proxy import WatchedNode, watched_node
from tests.contract.migration.scenario import Case, prepare
from tests.contract.migration.upgrade import Settings, use
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

__all__ = ["client", "connection", "model", "node", "wanted"]

Prepare = Callable[[str], Case]


@pytest.fixture
def outcomes(record_property: Callable[[str, object], None]) -> Iterator[list[Outcome]]:
    """Return the rows of the table that ends the session; tests append to them."""
    rows: list[Outcome] = []
    yield rows
    record_property(OUTCOMES, [asdict(one) for one in rows])


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use small portions, so that few documents make several, and short waits."""
    use(Settings(), monkeypatch.setattr)


@pytest.fixture
def watched(node: Node) -> Iterator[WatchedNode]:
    """Return a proxy in front of the node that reports the requests which write."""
    with watched_node(node.url) as proxy:
        yield proxy


@pytest.fixture
def prepared(
    node: Node,
    watched: WatchedNode,
    wanted: Wanted,
    client: Client,
    model: EmbeddingServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Prepare:
    """Return a function that empties the node and brings up a stack with documents, ready for a change.

    The stack reaches the node through the proxy, whose count of writes restarts; people reach the node directly.
    """
    stacks = replace(wanted, connection=replace(wanted.connection, url=watched.url))

    def empty_and_prepare(change: str) -> Case:
        node.clean()
        model.reset()
        watched.reset()
        case = prepare(change, stacks, client, model, monkeypatch)
        watched.reset()
        return case

    return empty_and_prepare


@pytest.fixture
def brief_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses before refused or interrupted requests are sent again, so that many cases take little time."""
    monkeypatch.setattr(
        ClusterProvider, "patience", ClusterPatience(limit=3, unreachable=20, first_pause=0.02)
    )
