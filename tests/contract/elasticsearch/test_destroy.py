"""Destroying a stack removes everything that it made, and nothing that people put there."""

from dataclasses import replace

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import ConflictError, DocumentsAtRiskError
from tests.contract.elasticsearch.people import vectors, with_digest
from tests.contract.elasticsearch.stack_resources import ALIAS, EVERYTHING, PROVIDERS, StackResources, Wanted

pytestmark = pytest.mark.sandbox


def test_demo_documents_go_when_they_are_switched_off_and_others_stay(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "text"})
    client.request("PUT", f"/{ALIAS}/_doc/demo-02", {"content": "edited"}, query={"refresh": "true"})
    assert stack.up(replace(wanted, demo_documents=False)) == ["deleted documents"]
    assert sorted(vectors(client)) == ["demo-02", "mine"]


def test_destroy_leaves_nothing_in_an_order_that_the_server_accepts(
    stack: StackResources, client: Client
) -> None:
    stack.destroy()
    assert client.request("GET", "/*") == {}
    assert client.find("/_ingest/pipeline/jina-embeddings") is None
    assert client.request("GET", "/_inference")["endpoints"] == []
    StackResources(stack.state).destroy()


@pytest.mark.parametrize("id_", ["mine", "demo-02"], ids=["a new document", "an edited demo document"])
def test_documents_of_people_survive_the_refusal_to_delete_them(
    id_: str, wanted: Wanted, stack: StackResources, client: Client
) -> None:
    client.request("PUT", f"/{ALIAS}/_doc/{id_}", {"content": "mine"})
    with pytest.raises(DocumentsAtRiskError, match="elasticsearchDeleteData jina-demo"):
        stack.destroy()
    assert list(stack.state) == EVERYTHING
    assert stack.up(wanted) == []
    found = client.request("GET", f"/{ALIAS}/_doc/{id_}")["_source"]
    assert found == with_digest({"content": "mine"})
    assert len(vectors(client)[id_]) == 768


def test_the_nodes_volume_is_guarded_with_every_index_on_it(stack: StackResources, client: Client) -> None:
    guard = {**stack.state["guard"], "scope": "node"}
    client.request("PUT", "/empty")
    PROVIDERS["guard"].delete("id", guard)
    client.request("PUT", "/theirs/_doc/1", {"title": "mine"})
    with pytest.raises(DocumentsAtRiskError, match=r"1 document .*1 in theirs"):
        PROVIDERS["guard"].delete("id", guard)
    assert client.request("GET", "/theirs/_count")["count"] == 1
    PROVIDERS["guard"].delete("id", {**guard, "delete_data": ALIAS})


def test_documents_that_were_given_up_are_deleted_by_destroy(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "mine"})
    assert stack.up(replace(wanted, delete_data=ALIAS)) == ["updated index", "updated guard"]
    stack.destroy()
    assert client.request("GET", "/*") == {}


@pytest.mark.parametrize("name", ["jina-local", "jina-local-document-768"])
def test_what_others_still_use_is_not_deleted(name: str, stack: StackResources, client: Client) -> None:
    io = {"input_field": "a", "output_field": "b"}
    theirs = {"processors": [{"inference": {"model_id": name, "input_output": io}}]}
    client.request("PUT", "/_ingest/pipeline/theirs", theirs)
    with pytest.raises(ConflictError, match="theirs"):
        stack.destroy()
    client.request("DELETE", "/_ingest/pipeline/theirs")
    stack.destroy()
    assert stack.state == {}


def test_a_pipeline_that_an_index_of_others_uses_is_not_deleted(
    stack: StackResources, client: Client
) -> None:
    client.request("PUT", "/theirs", {"settings": {"default_pipeline": "jina-embeddings"}})
    with pytest.raises(ConflictError, match="theirs"):
        stack.destroy()
    client.request("DELETE", "/theirs")
    stack.destroy()
    assert stack.state == {}
