"""The index that tests of searches and copies are made on."""

from typing import Any

from tests.fixtures.elasticsearch_node import Node

TEXTS = ("red", "green", "blue", "black")


def vector_field(dims: int) -> dict[str, Any]:
    return {"type": "dense_vector", "dims": dims, "similarity": "cosine", "index_options": {"type": "hnsw"}}


def create_index(node: Node, name: str, dims: int = 8, **settings: Any) -> None:
    properties = {"content": {"type": "text"}, "vector": vector_field(dims)}
    body = {"settings": {"number_of_replicas": 0, **settings}, "mappings": {"properties": properties}}
    answer = node.send("PUT", f"/{name}", body)
    assert answer.status_code == 200, answer.text
