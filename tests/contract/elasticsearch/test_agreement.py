"""Vectors of a text are the same whoever asks the gateway, the real one before a double of llama-server, for them."""

import base64
import struct
from collections.abc import Iterator
from dataclasses import replace

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.bulk import Document, index_documents
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.embedding.search import SemanticSearch
from tests.contract.elasticsearch.people import vectors
from tests.contract.elasticsearch.stack_resources import ALIAS, WIDTH, StackResources, Wanted
from tests.contract.gateway.running import Gateway, double, gateway

pytestmark = pytest.mark.sandbox

MODEL = "a-model"
TEXTS = {
    "plain": "a text",
    "long": "word " * 40,
    "prefixed": "Document: known",
    "other": 'grün 語 \U0001f600 "q" \n',
}


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    """Run the gateway where the node reaches it too."""
    with (
        gateway(ADDRESS="0.0.0.0", WIDTH=str(WIDTH)) as one,
        double(WIDTH, 8192) as server,
    ):
        one.use("queries", server, 8192)
        one.use("documents", server, 8192)
        yield one


@pytest.mark.parametrize("dims", [32, 256, WIDTH])
def test_pipeline_client_and_plain_http_agree(
    dims: int, running: Gateway, wanted: Wanted, client: Client
) -> None:
    port = running.url.rpartition(":")[2]
    wanted = replace(
        wanted,
        dims=dims,
        model=MODEL,
        embeddings_url=f"http://host.docker.internal:{port}/v1/embeddings",
        demo_documents=False,
    )
    StackResources().up(wanted)
    index_documents(client, ALIAS, [Document(one, text) for one, text in TEXTS.items()])
    embedder = Embedder(url=f"{running.url}/v1/embeddings", model=MODEL, dims=dims)
    in_client = dict(zip(TEXTS, embedder.embed_documents(list(TEXTS.values())), strict=True))
    for one, vector in vectors(client).items():
        same = pytest.approx(in_client[one], abs=1e-6)
        assert len(vector) == dims
        assert vector == same
        assert by_http(running, "/document/v1/embeddings", TEXTS[one], dims) == same
        assert by_endpoint(client, "jina-local-document", TEXTS[one]) == same
        typed = TEXTS[one] if one == "prefixed" else f"Document: {TEXTS[one]}"
        assert by_endpoint(client, "jina-local", typed) == same
        query = pytest.approx(embedder.embed_query(TEXTS[one]), abs=1e-6)
        assert by_endpoint(client, "jina-local-query", TEXTS[one]) == query
        assert by_endpoint(client, "jina-local", f"Query: {TEXTS[one]}") == query
        assert by_http(running, "/query/v1/embeddings", TEXTS[one], dims) == query
    search = SemanticSearch(
        connection=wanted.connection, embedder=embedder, alias=ALIAS, inference_id=wanted.inference_id
    )
    ours, built = search.search("a text", 4), search.search_with_builder("a text", 4)
    assert [hit.id for hit in ours] == [hit.id for hit in built]
    assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in built], abs=1e-6)


def by_http(running: Gateway, path: str, text: str, dims: int) -> list[float]:
    """Return the vector that a client gets which asks for base64."""
    body = {"input": text, "dimensions": dims, "encoding_format": "base64"}
    answer = running.ask(path, body).json()
    raw = base64.b64decode(answer["data"][0]["embedding"])
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))


def by_endpoint(client: Client, name: str, text: str) -> list[float]:
    """Return the vector that Elasticsearch gets by an endpoint."""
    answer = client.request("POST", f"/_inference/text_embedding/{name}", {"input": text})
    found: list[float] = answer["text_embedding"][0]["embedding"]
    return found
