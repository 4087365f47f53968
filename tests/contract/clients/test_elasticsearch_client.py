"""Elasticsearch's client for Python, and its endpoints at the addresses that add the role."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from elasticsearch import ApiError, AsyncElasticsearch, Elasticsearch

from tests.contract.clients.conftest import KEY, MODEL, plain
from tests.contract.clients.programs.cases import DIMS, TEXTS, TOO_LONG
from tests.contract.gateway.running import Gateway
from tests.fixtures.elasticsearch_node import Node

pytestmark = pytest.mark.sandbox

CASES = [("/v1/embeddings", None), ("/query/v1/embeddings", DIMS), ("/document/v1/embeddings", DIMS)]


@pytest.fixture(scope="module")
def reachable(served: Callable[..., Gateway]) -> Gateway:
    """Return a gateway that the node reaches too."""
    return served("queries", "documents", ADDRESS="0.0.0.0")


@pytest.fixture
def node(elasticsearch_node: Node) -> Node:
    elasticsearch_node.clean()
    return elasticsearch_node


@pytest.fixture
def client(node: Node) -> Iterator[Elasticsearch]:
    with node.client() as client:
        yield client


@pytest.mark.parametrize(("path", "dims"), CASES)
def test_an_endpoint_gives_the_vectors_of_its_address(
    path: str, dims: int | None, client: Elasticsearch, reachable: Gateway
) -> None:
    make_endpoint(client, reachable, path, dims)
    found = client.inference.text_embedding(inference_id="own", input=TEXTS)
    vectors = [one["embedding"] for one in found["text_embedding"]]
    assert vectors == [pytest.approx(one, abs=1e-6) for one in plain(reachable, path, TEXTS, dims)]


async def embedded(node: Node) -> list[list[float]]:
    """Embed by the asynchronous client."""
    async with AsyncElasticsearch(node.url, basic_auth=(node.user, node.password)) as client:
        found = await client.inference.text_embedding(inference_id="own", input=TEXTS)
    return [one["embedding"] for one in found["text_embedding"]]


def test_the_asynchronous_client_gets_the_same(node: Node, client: Elasticsearch, reachable: Gateway) -> None:
    path = "/query/v1/embeddings"
    make_endpoint(client, reachable, path, None)
    assert asyncio.run(embedded(node)) == [
        pytest.approx(one, abs=1e-6) for one in plain(reachable, path, TEXTS, None)
    ]


def test_a_text_that_is_too_long_is_a_fault_of_the_request(client: Elasticsearch, reachable: Gateway) -> None:
    make_endpoint(client, reachable, "/document/v1/embeddings", None)
    with pytest.raises(ApiError) as refused:
        client.inference.text_embedding(inference_id="own", input=[TEXTS[0], TOO_LONG])
    assert refused.value.status_code == 400
    assert "input[1] has" in str(refused.value.body)


def test_a_wrong_key_is_told_when_the_endpoint_is_made(client: Elasticsearch, reachable: Gateway) -> None:
    with pytest.raises(ApiError, match="key is missing or wrong"):
        make_endpoint(client, reachable, "/v1/embeddings", None, key="wrong")


def make_endpoint(
    client: Elasticsearch, through: Gateway, path: str, dims: int | None, key: str = KEY
) -> None:
    """Make the endpoint `own` as people do, with the gateway's address as the node sees it."""
    port = through.url.rpartition(":")[2]
    settings = {"url": f"http://host.docker.internal:{port}{path}", "api_key": key, "model_id": MODEL}
    client.inference.put(
        inference_id="own",
        task_type="text_embedding",
        inference_config={
            "service": "openai",
            "service_settings": settings | ({"dimensions": dims} if dims else {}),
        },
    )
