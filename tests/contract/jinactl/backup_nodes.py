"""Nodes that share a volume for backups, and the commands that take and restore backups."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from docker.client import DockerClient

from components.elasticsearch.backups import repository
from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.documents.demo import DEMO_DOCUMENTS
from tests.contract.elasticsearch.stack_resources import ALIAS, Wanted
from tests.contract.jinactl.command import jinactl, write_outputs
from tests.fixtures.elasticsearch_node import Node, start_node
from tests.fixtures.embedding_server import EmbeddingServer

DEMO = {one.id: one.content for one in DEMO_DOCUMENTS}


OTHER = "stack-of-another-life"


@pytest.fixture(scope="module")
def volume(elasticsearch_image: str) -> Iterator[str]:
    """Make a volume that the node's user may write to."""
    engine = DockerClient.from_env()
    made = engine.volumes.create(f"es-backups-test-{secrets.token_hex(4)}")
    engine.containers.run(
        elasticsearch_image,
        ["-c", "chown 1000:0 /backups"],
        entrypoint="bash",
        user="0",
        volumes={made.name: {"bind": "/backups", "mode": "rw"}},
        remove=True,
    )
    yield str(made.name)
    made.remove(force=True)


@contextmanager
def node_with_backups(volume: str) -> Iterator[Node]:
    """Run a node with the volume mounted where the stack's own node has it."""
    location = repository.LOCATION
    with start_node(settings={"path.repo": location}, volumes={location: volume}) as node:
        yield node


@pytest.fixture(scope="module")
def shared_node(volume: str) -> Iterator[Node]:
    """Run one node for all tests."""
    with node_with_backups(volume) as node:
        yield node


@pytest.fixture
def node(shared_node: Node) -> Node:
    """Return the node, empty, without backups, and on the trial license."""
    shared_node.clean()
    for snapshot in (
        shared_node.send("GET", f"/_snapshot/{repository.REPOSITORY}/*").json().get("snapshots", [])
    ):
        shared_node.send("DELETE", f"/_snapshot/{repository.REPOSITORY}/{snapshot['snapshot']}")
    return shared_node


@pytest.fixture
def wanted(node: Node, model: EmbeddingServer) -> Wanted:
    """Return the settings of a stack on that node."""
    connection = Connection(url=node.url, user=node.user, password=node.password)
    return Wanted(connection=connection, embeddings_url=model.container_url, gateway=model, dims=64)


@pytest.fixture
def outputs(wanted: Wanted, model: EmbeddingServer, tmp_path: Path) -> Path:
    """Return a file with the outputs of the stack."""
    return outputs_of(wanted, model, tmp_path)


def outputs_of(wanted: Wanted, model: EmbeddingServer, folder: Path, **changes: object) -> Path:
    path = folder / f"outputs-{wanted.owner}-{wanted.dims}.json"
    write_outputs(
        path,
        wanted,
        model,
        elasticsearchBackupVolume="a volume",
        stackId=wanted.owner,
        pipeline=wanted.pipeline_id,
        **changes,
    )
    return path


def back_up(outputs: Path, *arguments: str) -> str:
    done = jinactl("backup", "--outputs", outputs, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


def restore(outputs: Path, *arguments: str) -> str:
    done = jinactl("restore", "--outputs", outputs, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


def behind(client: Client) -> str:
    (index,) = client.request("GET", f"/{ALIAS}")
    return str(index)


def other_index(client: Client) -> None:
    """Create an index of people's own with an alias, and a closed one."""
    body = {"aliases": {"books": {}}, "settings": {"number_of_replicas": 0}}
    client.request("PUT", "/ledger", body)
    client.request("PUT", "/ledger/_doc/1", {"amount": 3}, query={"refresh": "true"})
    client.request("PUT", "/archive/_doc/1", {"year": 1999}, query={"refresh": "true"})
    client.request("POST", "/archive/_close")
