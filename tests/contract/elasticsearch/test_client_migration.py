"""Changes of dims and quant with people's documents in the index, for a stack that embeds in the client."""

from dataclasses import replace

import pytest

from components.backoff import Patience
from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.bulk import Document, index_documents
from components.elasticsearch.errors import ElasticsearchError
from tests.contract.elasticsearch.people import vectors, with_digest
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer, embedding, truncate

pytestmark = pytest.mark.sandbox

MINE = [Document(f"mine-{number:02}", f"text {number}", {"number": number}) for number in range(40)]


@pytest.fixture
def in_client(wanted: Wanted, model: EmbeddingServer, node: Node) -> Wanted:
    """Return the settings of a stack that embeds in the client, on a node with a Basic license."""
    node.to_basic()
    return replace(wanted, local_embeddings_url=model.url, dims=128)


@pytest.fixture
def filled(in_client: Wanted, client: Client) -> StackResources:
    """Bring a stack up, and put people's documents into it."""
    stack = StackResources()
    stack.up(in_client)
    index_documents(client, ALIAS, MINE, in_client.embedder())
    return stack


@pytest.mark.parametrize(
    ("changes", "anew"),
    [
        ({"dims": 64}, False),
        ({"dims": 256}, True),
        ({"quant": "Q8_0", "sha256": "b" * 64}, True),
    ],
)
def test_documents_survive_a_change(
    changes: dict[str, str],
    anew: bool,
    in_client: Wanted,
    filled: StackResources,
    model: EmbeddingServer,
    client: Client,
) -> None:
    asked = len(model.texts)
    changed = replace(in_client, **changes)  # type: ignore[arg-type] # passed on
    filled.up(changed)
    stored = vectors(client)
    assert len(stored) == 50
    for one in MINE:
        expected = truncate(embedding(f"Document: {one.content}", 768), changed.dims)
        assert stored[one.id] == pytest.approx(expected, abs=1e-4)
    assert (len(model.texts) > asked) is anew
    source = client.request("GET", f"/{ALIAS}/_doc/mine-07")["_source"]
    assert source == with_digest({"content": "text 7", "number": 7})
    assert client.find("/_ingest/pipeline") is None
    assert filled.up(changed) == []


def test_a_server_that_fails_leaves_the_old_index_in_use_and_the_next_run_goes_on(
    in_client: Wanted, filled: StackResources, model: EmbeddingServer, client: Client
) -> None:
    before = vectors(client)
    changed = replace(in_client, dims=256)
    model.fail(400, 1000)
    with pytest.raises(ElasticsearchError, match="HTTP 400"):
        filled.up(changed)
    model.fail(400, 0)
    assert vectors(client) == before
    index_documents(client, ALIAS, [Document("later", "written between")], in_client.embedder())
    filled.up(changed)
    assert {len(vector) for vector in vectors(client).values()} == {256}
    assert len(vectors(client)) == 51


def test_a_server_that_is_gone_for_longer_than_one_request_waits_is_waited_for(
    in_client: Wanted,
    filled: StackResources,
    model: EmbeddingServer,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = replace(in_client, dims=256)
    impatient = replace(changed.embedder(), patience=Patience(limit=0.0))
    monkeypatch.setattr("components.elasticsearch.dynamic.index.embedder_of", lambda _: impatient)
    model.fail(503, 4)
    filled.up(changed)
    assert {len(vector) for vector in vectors(client).values()} == {256}


@pytest.mark.parametrize("at_once", [True, False])
def test_the_endpoint_goes_though_a_former_generation_was_embedded_by_it(
    at_once: bool, wanted: Wanted, model: EmbeddingServer, client: Client
) -> None:
    stack = StackResources()
    stack.up(wanted)
    index_documents(client, ALIAS, MINE)
    fewer = replace(wanted, dims=64)
    if not at_once:
        stack.up(fewer)
    done = stack.up(replace(fewer, local_embeddings_url=model.url))
    assert done[-1] == "deleted pipeline endpoint"
    assert client.find("/_ingest/pipeline") is None
    assert client.request("GET", "/_inference")["endpoints"] == []
    assert {len(vector) for vector in vectors(client).values()} == {64}
    assert len(vectors(client)) == 50
