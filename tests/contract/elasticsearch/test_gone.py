"""A stack whose node or cluster is gone: it can be destroyed and refreshed, and finds a cluster that comes back."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client, ClusterPatience
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.cluster import presence
from components.elasticsearch.dynamic import provider
from components.elasticsearch.dynamic.cluster_check import ClusterCheckProvider
from components.elasticsearch.errors import ConflictError, DocumentsAtRiskError, UnreachableError
from tests.contract.elasticsearch.people import CONTENTS, fill, stored
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.fixtures.elasticsearch_node import Node, start_node
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

WAITED, ANSWERED_WITHIN = 1.0, 0.5
"""Seconds, in place of those that a person's node is given to restart."""

LEFT = [
    "The demo documents in jina-demo",
    "Inference endpoint jina-local-document",
    "Inference endpoint jina-local-query",
    "Inference endpoint jina-local",
    "Index jina-demo",
    "Ingest pipeline jina-embeddings",
    "Inference endpoint jina-local-full",
    "Inference endpoint jina-local-document-768",
]
GUARDS = {"managed": ["node guard", "guard"], "external": ["guard"]}


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the wait for a cluster from half a minute to a second."""
    for name in ("READING", "DELETING"):
        monkeypatch.setattr(provider, name, ClusterPatience(unreachable=WAITED, first_pause=0.1))
    monkeypatch.setattr(presence, "ANSWER_SECONDS", ANSWERED_WITHIN)
    monkeypatch.setattr(presence, "_asked_once_until", {})


@pytest.fixture(scope="module")
def own_node(elasticsearch_image: str) -> Iterator[Node]:
    """Start a node that only this module uses, so that tests may stop it."""
    with start_node(image=elasticsearch_image) as node:
        yield node


@pytest.fixture
def wanted(own_node: Node, model: EmbeddingServer) -> Wanted:
    """Return the settings of a stack whose node this is."""
    own_node.clean()
    connection = Connection(url=own_node.url, user=own_node.user, password=own_node.password)
    return Wanted(connection=connection, embeddings_url=model.container_url, gateway=model, managed=True)


@pytest.fixture
def people(wanted: Wanted) -> Iterator[Client]:
    """Open a client that goes straight to the node, as people's does."""
    with Client(wanted.connection) as opened:
        yield opened


@contextmanager
def stopped(node: Node) -> Iterator[str]:
    """Stop the node, and start it again when the block ends."""
    node.stop()
    try:
        yield node.url
    finally:
        node.start()


@contextmanager
def silent(node: Node) -> Iterator[str]:
    """Have the node accept connections and answer nothing until the block ends."""
    node.container.pause()
    try:
        yield node.url
    finally:
        node.container.unpause()


@contextmanager
def blackhole(_: Node) -> Iterator[str]:
    """Yield an address that neither accepts nor refuses connections, because its queue is full."""
    with ExitStack() as opened:
        listening = opened.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _number in range(3):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def unresolvable(_: Node) -> Iterator[str]:
    """Yield an address whose host name does not exist."""
    yield "http://elasticsearch.invalid:9200"


WAYS = [stopped, silent, blackhole, unresolvable]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def gone(request: pytest.FixtureRequest) -> Callable[[Node], Any]:
    """Return a context manager that makes a cluster be gone, one for each way in which it can be gone."""
    way: Callable[[Node], Any] = request.param
    return way


@pytest.mark.parametrize("whose", ["managed", "external"])
def test_a_destroy_needs_no_cluster_once_the_documents_are_given_up(
    whose: str,
    gone: Callable[[Node], Any],
    wanted: Wanted,
    own_node: Node,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = replace(wanted, managed=whose == "managed")
    stack = StackResources()
    stack.up(wanted)
    with gone(own_node) as url:
        for outputs in stack.state.values():
            outputs["url"] = url
        before = list(stack.state)
        with pytest.raises(UnreachableError, match=r"nothing was deleted.*elasticsearchDeleteData jina-demo"):
            stack.destroy()
        assert list(stack.state) == before
        given_up = replace(wanted, delete_data=ALIAS, connection=replace(wanted.connection, url=url))
        assert stack.up(given_up) == [
            f"updated {name}" for name in before if name in ("node guard", "index", "guard")
        ]
        capsys.readouterr()
        started = time.monotonic()
        stack.destroy()
        assert time.monotonic() - started < WAITED + (len(LEFT) + 1) * ANSWERED_WITHIN + 2
    assert stack.state == {}
    how = "was left to go with the stack's node at" if whose == "managed" else "remains at"
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{name} {how} {url}, which does not answer." for name in LEFT]


@pytest.mark.parametrize("whose", ["managed", "external"])
def test_a_refresh_needs_no_cluster(
    whose: str, gone: Callable[[Node], Any], wanted: Wanted, own_node: Node
) -> None:
    wanted = replace(wanted, managed=whose == "managed")
    stack = StackResources()
    stack.up(wanted)
    before = {name: dict(outputs) for name, outputs in stack.state.items()}
    with gone(own_node) as url:
        for outputs in (*stack.state.values(), *before.values()):
            outputs["url"] = url
        stack.refresh()
    if whose == "managed":
        assert list(stack.state) == GUARDS["managed"]
    else:
        assert stack.state == before


def test_a_node_that_is_back_after_a_refresh_without_it_is_found_as_it_was(
    wanted: Wanted, own_node: Node, people: Client, model: EmbeddingServer
) -> None:
    stack = StackResources()
    stack.up(wanted)
    contents = CONTENTS | fill(people, 20)
    before = people.request("GET", "/*"), people.request("GET", "/_ingest/pipeline"), stored(people)
    with stopped(own_node):
        stack.refresh()
        assert list(stack.state) == GUARDS["managed"]
    sent = len(model.texts)
    stack.up(wanted)
    assert (people.request("GET", "/*"), people.request("GET", "/_ingest/pipeline"), stored(people)) == before
    assert sorted(before[2]) == sorted(contents)
    # The endpoint may be tried; no document is embedded again.
    assert not set(contents.values()) & set(model.texts[sent:])
    stack.refresh()
    assert stack.up(wanted) == []


def test_a_node_that_restarts_during_a_refresh_is_waited_for(
    wanted: Wanted, own_node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "READING", ClusterPatience(unreachable=60))
    stack = StackResources()
    stack.up(wanted)
    before = list(stack.state)
    own_node.kill()
    own_node.container.start()
    stack.refresh()
    own_node.wait_until_ready()
    assert list(stack.state) == before
    assert stack.up(wanted) == []


def test_an_update_of_a_cluster_that_is_gone_fails_before_anything_changes(
    wanted: Wanted, own_node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = replace(wanted, managed=False)
    stack = StackResources()
    stack.up(wanted)
    before = {name: dict(outputs) for name, outputs in stack.state.items()}
    monkeypatch.setattr(ClusterCheckProvider, "patience", ClusterPatience(unreachable=0.5))
    with stopped(own_node), pytest.raises(UnreachableError, match="Nothing answers"):
        stack.up(replace(wanted, dims=256))
    assert stack.state == before
    stack.refresh()
    assert stack.up(wanted) == []


def test_a_destroy_that_stopped_half_way_asks_again_for_what_was_written_since(
    wanted: Wanted, people: Client
) -> None:
    stack = StackResources()
    stack.up(wanted)
    people.request("PUT", "/theirs", {"settings": {"default_pipeline": "jina-embeddings"}})
    with pytest.raises(ConflictError, match="theirs"):
        stack.destroy()
    assert "guard" not in stack.state
    people.request("PUT", "/theirs/_doc/1", {"content": "written when the guard had agreed"})
    people.request("PUT", "/theirs/_settings", {"index.default_pipeline": "_none"})
    with pytest.raises(DocumentsAtRiskError, match="1 in theirs"):
        stack.destroy()
    # What follows the node's guard is the container, and then the volume.
    assert list(stack.state) == ["node guard"]
    assert people.request("GET", "/theirs/_count")["count"] == 1
