"""People's own indices and pipelines beside a stack: no change damages them, and none is taken for the stack's."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import ConflictError, DocumentsAtRiskError
from tests.contract.elasticsearch.people import everything, fill
from tests.contract.elasticsearch.stack_resources import ALIAS, PROVIDERS, StackResources, Wanted

pytestmark = pytest.mark.sandbox


OWN_PIPELINE = {"settings": {"default_pipeline": "jina-embeddings", "number_of_replicas": 0}}


def test_others_are_asked_about_also_where_the_state_forgot_the_check(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    client.request("PUT", "/mine", OWN_PIPELINE)
    before = everything(client)
    del stack.state["check"]

    with pytest.raises(ConflictError, match="index mine"):
        stack.up(replace(wanted, dims=64))

    assert everything(client) == before


def test_a_field_of_people_in_the_way_of_digests_is_told_before_anything_changes(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    theirs = {"mappings": {"properties": {"content_digest": {"type": "long"}}}, **OWN_PIPELINE}
    client.request("PUT", "/mine", theirs)

    with pytest.raises(ConflictError, match="mine has a field content_digest"):
        stack.up(replace(wanted, revision="0123456789ab", index_options="hnsw"))


CHANGES: dict[str, dict[str, Any]] = {
    "other dims": {"dims": 64},
    "another quant": {"quant": "Q8_0", "sha256": "b" * 64},
    "another pipeline": {"pipeline_id": "another-name"},
    "another endpoint": {"inference_id": "another-name", "pipeline_id": "another-name"},
    "embedding in the client": {"local_embeddings_url": "http://127.0.0.1:1"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_that_would_spoil_what_others_have_is_refused_and_names_them(
    change: dict[str, Any], stack: StackResources, wanted: Wanted, client: Client
) -> None:
    client.request("PUT", "/my%25tickets", OWN_PIPELINE)
    client.request("PUT", "/my%25tickets/_settings", {"index.hidden": True})
    calls = {"processors": [{"pipeline": {"name": "jina-embeddings"}}]}
    client.request("PUT", "/_ingest/pipeline/mine", calls)
    before = everything(client)

    with pytest.raises(ConflictError, match=r"index my%tickets, ingest pipeline mine.*Nothing was changed"):
        stack.up(replace(wanted, **change))

    assert everything(client) == before
    client.request("DELETE", "/_ingest/pipeline/mine")
    client.request("PUT", "/my%25tickets/_settings", {"index.default_pipeline": "_none"})
    if "local_embeddings_url" not in change:
        stack.up(replace(wanted, **change))


def test_a_pipeline_of_people_that_uses_the_endpoint_stops_another_model(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    embeds = {"model_id": "jina-local", "input_output": {"input_field": "a", "output_field": "b"}}
    removes = {"remove": {"field": "c", "ignore_missing": True, "on_failure": [{"inference": embeds}]}}
    client.request("PUT", "/_ingest/pipeline/mine", {"processors": [removes]})

    with pytest.raises(ConflictError, match="ingest pipeline mine"):
        stack.up(replace(wanted, quant="Q8_0", sha256="b" * 64))


@pytest.mark.parametrize("name", ["ledger", "a%25b", "%D0%BA%D0%BD%D0%B8%D0%B3%D0%B8", "hidden"])
@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_a_node_is_not_deleted_with_an_index_of_people_in_whichever_state(
    name: str, closed: bool, stack: StackResources, client: Client
) -> None:
    client.request(
        "PUT", f"/{name}", {"settings": {"number_of_replicas": 0, "index.hidden": name == "hidden"}}
    )
    client.request("PUT", f"/{name}/_doc/1", {"x": 1})
    if closed:
        client.request("POST", f"/{name}/_close")
    guard = PROVIDERS["guard"]

    told = "can't be counted" if closed else "1 in "
    with pytest.raises(DocumentsAtRiskError, match=told):
        guard.delete("id", {**stack.state["guard"], "scope": "node"})
    guard.delete("id", {**stack.state["guard"], "scope": "node", "delete_data": ALIAS})


def test_an_index_in_use_that_somebody_closed_is_seen_and_left_as_it_is(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    (index,) = client.request("GET", f"/{ALIAS}")
    client.request("POST", f"/{index}/_close")

    stack.refresh()

    assert stack.state["index"]["alias_state"] == "closed"
    with pytest.raises(ConflictError, match="_open"):
        stack.up(replace(wanted, dims=64))
    client.request("POST", f"/{index}/_open")
    stack.refresh()
    assert stack.up(wanted) == []


def test_a_former_generation_that_somebody_closed_is_kept_and_counted(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    fill(client, 2)
    stack.up(replace(wanted, dims=256))
    (former,) = client.request("GET", f"/{ALIAS}-768-*")
    client.request("POST", f"/{former}/_close")

    stack.refresh()
    stack.up(replace(wanted, dims=64, keep_generations=0))

    assert former in client.request("GET", f"/{ALIAS}-*", query={"expand_wildcards": "all"})
    with pytest.raises(DocumentsAtRiskError, match=former):
        stack.destroy()
    stack.up(replace(wanted, dims=64, keep_generations=0, delete_data=ALIAS))
    stack.destroy()
    assert client.request("GET", f"/{ALIAS}-*", query={"expand_wildcards": "all"}) == {}
