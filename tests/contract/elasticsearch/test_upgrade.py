"""A stack that 0.1.0 made, updated by today's providers: they read state and notes correctly and lose nothing."""

import json
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import DocumentsAtRiskError
from tests.contract.elasticsearch.people import assert_holds, stored
from tests.contract.elasticsearch.stack_resources import ALIAS, EVERYTHING, StackResources, Wanted
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer, embedding, truncate
from tests.fixtures.written_by_0_1_0 import MODES, Written, written

pytestmark = pytest.mark.sandbox


@pytest.fixture(params=MODES)
def before(request: pytest.FixtureRequest, client: Client, model: EmbeddingServer) -> Written:
    """Recreate on the node everything that a stack of 0.1.0 left there."""
    found = written(request.param)
    found.recreate(client, model)
    model.reset()
    return found


@pytest.fixture
def wanted(wanted: Wanted, before: Written, model: EmbeddingServer) -> Wanted:
    """Return the settings of that stack, for today's providers."""
    identity = before.identity
    for key in ("dims", "quant", "sha256", "model", "document_prefix", "similarity", "index_options"):
        setattr(wanted, key, identity[key])
    wanted.pooling = identity["pooling"]
    wanted.revision = before.outputs("index")["revision"]
    wanted.managed = True
    if before.mode == "client":
        wanted.local_embeddings_url = model.url
    return wanted


@pytest.fixture
def stack(before: Written, wanted: Wanted) -> StackResources:
    """Return the stack with the state that 0.1.0 left."""
    return StackResources(before.state(wanted.connection, wanted.embeddings_url))


def test_a_refresh_sees_what_is_there_as_what_is_there(stack: StackResources) -> None:
    before = {name: dict(outputs) for name, outputs in stack.state.items()}
    stack.refresh()
    assert stack.state.keys() == before.keys()
    before["index"]["alias_state"] = "of an earlier version"
    for name, outputs in before.items():
        # The test's node has another license than the node of that time.
        same = outputs.keys() - {"body", "licence"}
        assert {key: stack.state[name][key] for key in same} == {key: outputs[key] for key in same}, name


def test_an_update_owns_what_is_there_and_embeds_nothing_again(
    before: Written, wanted: Wanted, stack: StackResources, client: Client, model: EmbeddingServer
) -> None:
    names = list(stack.state)
    vectors = stored(client)
    indices = sorted(client.request("GET", "/*"))
    stack.up(wanted)
    new = [name for name in EVERYTHING if name.endswith("endpoint") and before.mode == "inference"]
    assert sorted(stack.state) == sorted({*names, *new})
    assert stored(client) == vectors
    assert {one: content for one, (content, _) in vectors.items()} == before.contents
    assert sorted(client.request("GET", "/*")) == indices
    assert not [text for text in model.texts if text in before.contents.values()]
    index = client.request("GET", f"/{before.current}")[before.current]
    assert index["mappings"]["_meta"]["owner"] == wanted.owner
    assert index["mappings"]["_meta"]["identity"]["dims"] == before.identity["dims"]
    for body in (client.find("/_ingest/pipeline") or {}).values():
        assert body["_meta"]["owner"] == wanted.owner
    assert stack.up(wanted) == []
    stack.refresh()
    assert stack.up(wanted) == []


@pytest.mark.parametrize("dims", [256, 64], ids=["as it was", "with other dims"])
def test_every_pipeline_goes_on_making_the_vectors_of_its_generation(
    dims: int, before: Written, wanted: Wanted, stack: StackResources, client: Client
) -> None:
    """Version 0.1.0 had one endpoint for all pipelines, with all numbers of the model."""
    if before.mode == "client":
        pytest.skip("Documents come with their vectors: there is no pipeline.")
    wanted.dims = dims
    stack.up(wanted)
    named = wanted.endpoints().named()
    live = {one["inference_id"]: one for one in client.request("GET", "/_inference")["endpoints"]}
    assert {live[name]["service_settings"]["dimensions"] for name in named} == {dims}
    for index, body in client.request("GET", "/*").items():
        pipeline_id = body["settings"]["index"]["default_pipeline"]
        kept = body["mappings"]["_meta"]["identity"]["dims"]
        asked = {"docs": [{"_source": {"content": "a text"}}]}
        answer = client.request("POST", f"/_ingest/pipeline/{pipeline_id}/_simulate", asked)["docs"][0]
        whole = embedding(f"{wanted.document_prefix}a text", 768)
        expected = pytest.approx(truncate(whole, kept), abs=1e-6)
        assert answer["doc"]["_source"]["content_embedding"] == expected, index


def test_a_change_of_dims_right_after_carries_everything_over(
    before: Written, wanted: Wanted, stack: StackResources, client: Client
) -> None:
    for dims in (64, 512):
        wanted.dims = dims
        stack.up(wanted)
        assert_holds(client, wanted, before.contents)
    pages = {
        hit["_id"]: hit["_source"].get("page")
        for hit in client.request("POST", f"/{ALIAS}/_search", {"size": 100})["hits"]["hits"]
    }
    documents: dict[str, Any] = before.cluster["documents"][before.current]
    assert pages == {one: source.get("page") for one, source in documents.items()}


@pytest.mark.parametrize("updated", [False, True], ids=["at once", "after an update"])
def test_a_destroy_asks_and_then_takes_everything_away(
    updated: bool, before: Written, wanted: Wanted, stack: StackResources, client: Client
) -> None:
    if updated:
        stack.up(wanted)
    names = list(stack.state)
    with pytest.raises(DocumentsAtRiskError, match="elasticsearchDeleteData jina-demo"):
        stack.destroy()
    assert list(stack.state) == names
    assert len(stored(client)) == len(before.contents)
    for outputs in stack.state.values():
        if "delete_data" in outputs:
            outputs["delete_data"] = ALIAS
    stack.destroy()
    assert client.request("GET", "/*") == {}
    assert client.find("/_ingest/pipeline") in (None, {})


def test_the_state_is_lost_too(before: Written, wanted: Wanted, client: Client, node: Node) -> None:
    """0.1.0 noted no owner of the index, so a setting must say that the stack may take it."""
    del node
    wanted.adopt = ALIAS
    StackResources().up(wanted)
    assert {one: content for one, (content, _) in stored(client).items()} == before.contents
    noted = client.request("GET", f"/{before.current}")[before.current]["mappings"]["_meta"]
    assert json.dumps(noted["identity"], sort_keys=True)
