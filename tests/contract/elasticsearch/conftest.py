"""A clean node, a double of the embedding server, and a stack's resources on both."""

from collections.abc import Iterator

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from tests.contract.elasticsearch.stack_resources import StackResources, Wanted
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer


@pytest.fixture
def node(elasticsearch_node: Node) -> Node:
    """Return the session's node, empty and on the trial license."""
    elasticsearch_node.clean()
    return elasticsearch_node


@pytest.fixture
def model(embeddings: EmbeddingServer) -> EmbeddingServer:
    """Return the session's double of the embedding server, as new."""
    embeddings.reset()
    return embeddings


@pytest.fixture
def connection(node: Node) -> Connection:
    """Return the way to the node."""
    return Connection(url=node.url, user=node.user, password=node.password)


@pytest.fixture
def client(connection: Connection) -> Iterator[Client]:
    """Open a client of the node."""
    with Client(connection) as opened:
        yield opened


@pytest.fixture
def wanted(connection: Connection, model: EmbeddingServer) -> Wanted:
    """Return the settings of a stack on the node; change them as `pulumi config set` would."""
    return Wanted(connection=connection, embeddings_url=model.container_url)


@pytest.fixture
def stack(wanted: Wanted) -> StackResources:
    """Bring a stack up."""
    resources = StackResources()
    resources.up(wanted)
    return resources
