"""A clean node, a double of the embedding server, and a stack's resources on both."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.documents.bulk import Document, index_documents
from tests.contract.elasticsearch.people import CONTENTS
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer


@pytest.fixture
def node(elasticsearch_node: Node) -> Node:
    """Return the session's node, empty and on the trial license."""
    elasticsearch_node.clean()
    return elasticsearch_node


@pytest.fixture
def model(embeddings: EmbeddingServer) -> EmbeddingServer:
    """Return the session's double of the embedding server, reset."""
    embeddings.reset()
    return embeddings


@pytest.fixture
def connection(node: Node) -> Connection:
    """Return the connection to the node."""
    return Connection(url=node.url, user=node.user, password=node.password)


@pytest.fixture
def client(connection: Connection) -> Iterator[Client]:
    """Open a client of the node."""
    with Client(connection) as opened:
        yield opened


@pytest.fixture
def wanted(connection: Connection, model: EmbeddingServer) -> Wanted:
    """Return the settings of a stack on the node; tests change them as `pulumi config set` would."""
    return Wanted(connection=connection, embeddings_url=model.container_url, gateway=model)


@pytest.fixture
def stack(wanted: Wanted) -> StackResources:
    """Bring a stack up."""
    resources = StackResources()
    resources.up(wanted)
    return resources


@pytest.fixture(params=["inference", "client"])
def either(request: pytest.FixtureRequest, wanted: Wanted, model: EmbeddingServer, node: Node) -> Wanted:
    """Return the settings of a stack for each way to embed: in Elasticsearch, and in the client on a Basic license."""
    if request.param == "client":
        node.to_basic()
        return replace(wanted, local_embeddings_url=model.url, dims=128)
    return replace(wanted, dims=128)


@pytest.fixture
def filled(either: Wanted, client: Client) -> tuple[StackResources, dict[str, str]]:
    """Bring a stack up and put documents into it; return the stack and the contents of all documents."""
    stack = StackResources()
    stack.up(either)
    contents = {f"doc-{number}": f"text {number}" for number in range(40)}
    documents = [Document(one, content) for one, content in contents.items()]
    index_documents(client, ALIAS, documents, either.embedder() if either.local_embeddings_url else None)
    return stack, CONTENTS | contents
