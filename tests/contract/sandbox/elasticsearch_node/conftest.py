"""A clean node and a double of the embedding server for each test, and the few bodies that all of them send."""

from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.documents import TEXTS, create_index
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

WIDTH = 8


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


@pytest.fixture
def documents(node: Node, endpoint: str) -> str:
    """Return the name of an index of four documents, embedded by its default pipeline."""
    step = {"model_id": endpoint, "input_output": {"input_field": "content", "output_field": "vector"}}
    steps = [{"inference": step}, {"remove": {"field": "model_id"}}]
    assert node.send("PUT", "/_ingest/pipeline/embed", {"processors": steps}).ok
    create_index(node, "documents", default_pipeline="embed")
    for text in TEXTS:
        assert node.send("PUT", f"/documents/_doc/{text}", {"content": text}).status_code == 201
    node.send("POST", "/documents/_refresh")
    return "documents"
