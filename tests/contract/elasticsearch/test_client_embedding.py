"""Embedding in the client on a node with a Basic license: the same index and search, without endpoint and pipeline."""

from dataclasses import replace

import pytest

from components.backoff import Patience
from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.bulk import Document, index_documents
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import ElasticsearchError, EmbeddingError, LicenseError
from tests.contract.elasticsearch.faulty_proxy import faulty_proxy
from tests.contract.elasticsearch.people import CONTENTS, semantic_search, vectors, with_digest
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer, embedding, truncate

pytestmark = pytest.mark.sandbox

MADE = ["check", "index", "documents", "guard"]


@pytest.fixture
def in_client(wanted: Wanted, model: EmbeddingServer, node: Node) -> Wanted:
    """Return the settings of a stack that embeds in the client, on a node with a Basic license."""
    node.to_basic()
    return replace(wanted, local_embeddings_url=model.url)


def test_a_basic_license_is_told_with_both_ways_out_before_anything_is_made(
    wanted: Wanted, node: Node, client: Client
) -> None:
    node.to_basic()
    with pytest.raises(LicenseError) as raised:
        StackResources().up(wanted)
    for way in ("pulumi config set elasticsearchStartTrial true", "elasticsearchEmbedding client"):
        assert way in str(raised.value)
    assert client.request("GET", "/*") == {}
    assert client.find("/_ingest/pipeline") is None


def test_up_makes_everything_but_endpoint_and_pipeline_and_a_second_up_asks_nothing(
    in_client: Wanted, client: Client
) -> None:
    with faulty_proxy(in_client.connection.url) as proxy:
        in_client.connection = replace(in_client.connection, url=proxy.url)
        stack = StackResources()
        assert stack.up(in_client) == [f"created {name}" for name in MADE]
        proxy.requests.clear()
        assert stack.up(in_client) == []
        assert proxy.requests == []
        stack.refresh()
        assert stack.up(in_client) == []
    assert client.find("/_ingest/pipeline") is None
    assert client.request("GET", "/_inference")["endpoints"] == []
    assert client.request("GET", "/_license")["license"]["type"] == "basic"


@pytest.mark.parametrize("dims", [32, 256, 768])
def test_documents_have_the_vectors_that_the_pipeline_would_have_made(
    dims: int, in_client: Wanted, model: EmbeddingServer, client: Client
) -> None:
    in_client.dims = dims
    StackResources().up(in_client)
    stored = vectors(client)
    for one, content in CONTENTS.items():
        expected = truncate(embedding(f"Document: {content}", 768), dims)
        assert stored[one] == pytest.approx(expected, abs=1e-6)
        best = semantic_search(in_client, model).search(content, 1)[0]
        assert (best.id, best.content) == (one, content)


def test_who_embeds_can_change_both_ways_without_another_embedding(
    wanted: Wanted, model: EmbeddingServer, stack: StackResources, client: Client
) -> None:
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "a document of mine"}, query={"refresh": "true"})
    before = vectors(client)
    asked = len(model.texts)
    in_client = replace(wanted, local_embeddings_url=model.url)

    done = stack.up(in_client)

    assert done[-3:] == ["deleted pipeline", "deleted full endpoint", "deleted pipeline endpoint"]
    assert client.request("GET", "/_inference")["endpoints"] == []
    assert (vectors(client), len(model.texts)) == (before, asked)

    stack.up(wanted)

    assert vectors(client) == before
    assert {text.removeprefix("Document: ") for text in model.texts[asked:]} == {"how big"}
    client.request("PUT", f"/{ALIAS}/_doc/later", {"content": "embedded again"}, query={"refresh": "true"})
    assert len(vectors(client)["later"]) == 768


def test_another_model_has_the_demo_documents_embedded_anew_in_the_client(
    in_client: Wanted, model: EmbeddingServer, client: Client
) -> None:
    stack = StackResources()
    stack.up(in_client)
    stack.up(replace(in_client, dims=64, sha256="b" * 64))
    stored = vectors(client)
    assert sorted(stored) == sorted(CONTENTS)
    assert {len(vector) for vector in stored.values()} == {64}
    assert len(model.texts) >= 2 * len(CONTENTS)


def test_a_server_that_fails_leaves_the_old_index_in_use(
    in_client: Wanted, model: EmbeddingServer, client: Client
) -> None:
    stack = StackResources()
    stack.up(in_client)
    before = vectors(client)
    model.fail(400, 1000)
    with pytest.raises(ElasticsearchError, match=r"document demo-\d\d .*HTTP 400"):
        stack.up(replace(in_client, sha256="b" * 64))
    model.fail(400, 0)
    assert vectors(client) == before


def test_a_busy_server_is_asked_again_and_the_order_is_kept(
    in_client: Wanted, model: EmbeddingServer, client: Client
) -> None:
    StackResources().up(replace(in_client, demo_documents=False))
    embedder = replace(in_client.embedder(), patience=Patience(limit=5, first_pause=0.01))
    model.fail(503, 2)
    documents = [Document(f"{number:02}", f"text {number}", {"number": number}) for number in range(40)]

    index_documents(client, ALIAS, documents, embedder)

    stored = vectors(client)
    assert sorted(stored) == [one.id for one in documents]
    for one in documents:
        expected = embedding(f"Document: {one.content}", 768)
        assert stored[one.id] == pytest.approx(expected, abs=1e-6)
    source = client.request("GET", f"/{ALIAS}/_doc/07")["_source"]
    assert source == with_digest({"content": "text 7", "number": 7})


def test_the_servers_key_is_sent_and_a_wrong_one_is_told_without_showing_it(
    in_client: Wanted, model: EmbeddingServer, client: Client
) -> None:
    model.key = "right"
    with pytest.raises(EmbeddingError, match=r"HTTP 401.*serverApiKey") as raised:
        StackResources().up(replace(in_client, embeddings_api_key="hunter2"))
    assert "hunter2" not in str(raised.value)
    StackResources().up(replace(in_client, embeddings_api_key="right"))
    assert sorted(vectors(client)) == sorted(CONTENTS)


def test_a_document_that_others_write_without_a_vector_is_stored_and_not_found_by_meaning(
    in_client: Wanted, model: EmbeddingServer, client: Client
) -> None:
    StackResources().up(in_client)
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "no vector"}, query={"refresh": "true"})
    hits = semantic_search(in_client, model).search("no vector", 20)
    assert sorted(hit.id for hit in hits) == sorted(CONTENTS)
    assert client.request("GET", f"/{ALIAS}/_doc/mine")["_source"] == {"content": "no vector"}


def test_an_embedder_says_nothing_of_its_key() -> None:
    embedder = Embedder(
        url="http://e.test/v1/embeddings",
        api_key="hunter2",
        model="m",
        dims=4,
    )
    assert "hunter2" not in f"{embedder!r}{embedder.as_json()}"
    assert Embedder.from_json(embedder.as_json(), "hunter2") == embedder
