"""A clean node and a double of the embedding server for each test, and the few bodies that all of them send."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

WIDTH = 8

PutEndpoint = Callable[..., Any]


@pytest.fixture
def node(elasticsearch_node: Node) -> Node:
    elasticsearch_node.clean()
    return elasticsearch_node


@pytest.fixture
def model(embeddings: EmbeddingServer) -> EmbeddingServer:
    embeddings.reset(width=WIDTH)
    return embeddings


@pytest.fixture
def endpoint_body(model: EmbeddingServer) -> dict[str, Any]:
    """Return the body of a PUT that makes an inference endpoint on the double."""
    settings = {"api_key": "secret", "model_id": "double", "url": model.container_url}
    return {"service": "openai", "service_settings": settings}


@pytest.fixture
def endpoint(node: Node, endpoint_body: dict[str, Any]) -> str:
    """Return the id of an inference endpoint that exists on the node."""
    answer = node.send("PUT", "/_inference/text_embedding/embedder", endpoint_body)
    assert answer.status_code == 200, answer.text
    return "embedder"
