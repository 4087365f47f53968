"""`jinactl doctor`: each fault of a stack that is well otherwise is found and named, and nothing else is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from tests.contract.elasticsearch.people import everything
from tests.contract.elasticsearch.stack_resources import StackResources, Wanted
from tests.contract.jinactl.doctor import faults_of_parts, faults_of_search
from tests.contract.jinactl.doctor.stack import Stack
from tests.contract.jinactl.doctor.table import FAULTS
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

__all__ = ["faults_of_parts", "faults_of_search"]

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def up(
    elasticsearch_node: Node, embeddings: EmbeddingServer
) -> Iterator[tuple[Wanted, StackResources, Client]]:
    """Bring one stack up for all faults, each of which is undone."""
    elasticsearch_node.clean()
    embeddings.reset()
    node = elasticsearch_node
    connection = Connection(url=node.url, user=node.user, password=node.password)
    wanted = Wanted(connection=connection, embeddings_url=embeddings.container_url, gateway=None, dims=64)
    resources = StackResources()
    resources.up(wanted)
    with Client(connection) as client:
        yield wanted, resources, client


@pytest.fixture
def stack(
    up: tuple[Wanted, StackResources, Client],
    elasticsearch_node: Node,
    embeddings: EmbeddingServer,
    tmp_path: Path,
) -> Stack:
    """Return the stack, which is well."""
    wanted, resources, client = up
    embeddings.reset()
    embeddings.models = ()
    return Stack(elasticsearch_node, embeddings, client, wanted, resources, tmp_path)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_and_named_and_nothing_is_changed(
    name: str, stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = FAULTS[name]
    with fault.injected(stack):
        before = everything(stack.client)
        capsys.readouterr()
        found = stack.examined(monkeypatch, lambda: capsys.readouterr().out)["found"]
        assert everything(stack.client) == before
    assert {one["check"] for one in found} == set(fault.found)
    assert fault.told in " ".join(f"{one['what']}: {one['remedy']}" for one in found)


def test_a_stack_that_is_well_is_said_to_be_after_all_checks_have_looked(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = stack.examined(monkeypatch, lambda: capsys.readouterr().out)
    assert report["found"] == []
    assert report["notLooked"] == []
    assert report["looked"] > 30


def test_a_stack_that_embeds_in_the_client_is_looked_at_too(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_client = replace(stack.wanted, local_embeddings_url=stack.model.url, alias="of-the-client")
    resources = StackResources()
    resources.up(in_client)
    its = Stack(stack.node, stack.model, stack.client, in_client, resources, stack.folder)
    report = its.examined(monkeypatch, lambda: capsys.readouterr().out)
    assert (report["found"], report["notLooked"]) == ([], [])
