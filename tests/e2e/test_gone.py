"""Stacks whose Elasticsearch is gone: a node that somebody removed by hand, and a cluster of somebody else's."""

from collections.abc import Iterator

import pytest
from docker.client import DockerClient

from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from sandbox.machine.ports import free_port
from sandbox.preparation import Prepared
from sandbox.pulumi.stack import PROJECT, SandboxStack
from sandbox.show.answers import demo_answers
from tests.e2e.conftest import containers, new_stack, remove_left_overs
from tests.e2e.resources import held
from tests.fixtures.elasticsearch_node import Node, start_node

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

GONE, ELSEWHERE = "gone", "gone-elsewhere"
SERVER_PORT = 18480
ELASTICSEARCH_PORT = 19600
RESOURCES = ["ClusterCheck", "InferenceEndpoint", "IngestPipeline", "Index", "DemoDocuments"]
ENGINE_GUARD = {"command:local:Command engine-guard"}
"""It is asked before the guard of the documents, agrees, and is made again by the next update."""

GIVEN_UP = {"elasticsearchDeleteData": "jina-demo"}


def brought_up(stack: SandboxStack) -> SandboxStack:
    """Bring a stack up."""
    finished = stack.up(capture=True)
    assert finished.exit_code == 0, finished.output
    return stack


def client_of(stack: SandboxStack) -> Client:
    """Return a client of the stack's Elasticsearch."""
    outputs = stack.outputs()
    return Client(
        Connection(
            url=outputs["elasticsearchUrl"],
            user=outputs["elasticsearchUser"],
            password=outputs["elasticsearchPassword"],
        )
    )


def in_elasticsearch(stack: SandboxStack) -> set[str]:
    """Return the types of the resources in Elasticsearch that the stack's state holds, without its guards."""
    types = {name.split()[0].rpartition(":")[2] for name in held(stack) if "dynamic/elasticsearch" in name}
    return types & set(RESOURCES)


@pytest.fixture(scope="module")
def running(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxStack]:
    """Bring a stack up, and have somebody write a document."""
    ports = {"serverPort": free_port(SERVER_PORT), "elasticsearchPort": free_port(ELASTICSEARCH_PORT)}
    stack = new_stack(GONE, tmp_path_factory.mktemp(GONE), prepared, **ports)
    try:
        brought_up(stack)
        with client_of(stack) as opened:
            opened.request("PUT", "/jina-demo/_doc/mine", {"content": "A document of mine."})
        yield stack
    finally:
        remove_left_overs(GONE)


def remove_node(stack: SandboxStack) -> None:
    """Remove the node's container by hand; its volume stays."""
    DockerClient.from_env().containers.get(f"{PROJECT}-{stack.name}-elasticsearch").remove(force=True)


def test_a_destroy_without_the_node_refuses_before_anything_is_deleted(running: SandboxStack) -> None:
    remove_node(running)
    before = held(running).keys()

    stopped = running.destroy(capture=True)

    assert stopped.exit_code != 0
    assert "could not be seen, so nothing was deleted" in stopped.output
    assert "pulumi config set elasticsearchDeleteData jina-demo" in stopped.output
    assert "Traceback" not in stopped.output
    assert held(running).keys() == before - ENGINE_GUARD


def test_a_refresh_without_the_node_works_and_the_next_up_finds_every_document(running: SandboxStack) -> None:
    refreshed = running.refresh()
    assert refreshed.exit_code == 0, refreshed.output
    assert "the stack's node does not answer, so it counts as gone" in refreshed.output
    assert in_elasticsearch(running) == set()

    brought_up(running)

    assert in_elasticsearch(running) == set(RESOURCES)
    with client_of(running) as opened:
        found = opened.request("GET", "/jina-demo/_doc/mine")
        assert found["_source"]["content"] == "A document of mine."
        assert found["_version"] == 1
        assert opened.request("GET", "/jina-demo/_count")["count"] == 11
    assert all(answer.ok for answer in demo_answers(running.outputs()))
    assert brought_up(running).last_changes().keys() == {"same"}


def test_a_destroy_without_the_node_works_once_the_documents_are_given_up(running: SandboxStack) -> None:
    remove_node(running)
    running.configure(GIVEN_UP)
    brought_up(running)
    assert len(containers(running.name)) == 3, "the node was made again, though nothing was said of it"

    destroyed = running.destroy(capture=True)

    assert destroyed.exit_code == 0, destroyed.output
    assert "was left to go with the stack's node" in destroyed.output
    assert containers(running.name) == []
    volumes = {str(one.name) for one in DockerClient.from_env().volumes.list()}
    assert not {
        one for one in volumes if one.startswith(f"{PROJECT}-{GONE}-") and "elasticsearch-data" in one
    }


@pytest.fixture(scope="module")
def elsewhere(
    prepared: Prepared, elasticsearch_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[SandboxStack, Node]]:
    """Bring a stack up on a node that is not its own."""
    with start_node(image=elasticsearch_image) as node:
        stack = new_stack(
            ELSEWHERE,
            tmp_path_factory.mktemp(ELSEWHERE),
            prepared,
            serverPort=free_port(SERVER_PORT + 1),
            elasticsearchUrl=node.url,
            elasticsearchUser=node.user,
            elasticsearchEmbedding="client",
        )
        stack.set_secret("elasticsearchPassword", node.password)
        try:
            yield brought_up(stack), node
        finally:
            remove_left_overs(ELSEWHERE)


def test_a_cluster_of_others_that_is_gone_is_left_with_a_line_of_what_remains(
    elsewhere: tuple[SandboxStack, Node],
) -> None:
    stack, node = elsewhere
    before = held(stack)
    node.stop()

    refreshed = stack.refresh()
    assert refreshed.exit_code == 0, refreshed.output
    assert "Index jina-demo was not looked at, and counts as unchanged" in refreshed.output
    assert held(stack).keys() == before.keys()
    refused = stack.destroy(capture=True)
    assert refused.exit_code != 0
    assert "pulumi config set elasticsearchDeleteData jina-demo" in refused.output
    stack.configure(GIVEN_UP)
    brought_up(stack)
    destroyed = stack.destroy(capture=True)
    assert destroyed.exit_code == 0, destroyed.output
    assert f"Index jina-demo remains at {node.url}, which does not answer." in destroyed.output
    assert "Traceback" not in destroyed.output

    node.start()
    assert node.send("GET", "/jina-demo/_count").json()["count"] == 10
