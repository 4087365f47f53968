"""Several stacks, and people, on one cluster: nobody's things are touched but the stack's own."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import ConflictError, DocumentsAtRiskError, UnreadableIdentityError
from components.elasticsearch.generations.index import add_meta, read_meta
from tests.contract.elasticsearch.people import fill, stored
from tests.contract.elasticsearch.stack_resources import ALIAS, PROVIDERS, StackResources, Wanted

pytestmark = pytest.mark.sandbox

OTHER = "jina-search-other-3d4e5f"
OTHER_NAMES: dict[str, Any] = {
    "alias": "jina",
    "pipeline_id": "other-embeddings",
    "inference_id": "other-local",
}
OWN_PIPELINE = {"settings": {"default_pipeline": "jina-embeddings", "number_of_replicas": 0}}


def everything(client: Client) -> dict[str, Any]:
    """Return all that stacks and people have in the cluster, but for documents."""
    indices = client.request("GET", "/_all", query={"expand_wildcards": "all"})
    return {
        "indices": {name: body for name, body in indices.items() if not name.startswith(".")},
        "pipelines": client.find("/_ingest/pipeline") or {},
        "endpoints": client.request("GET", "/_inference")["endpoints"],
    }


def test_a_second_stack_with_the_same_names_is_refused_before_it_touches_anything(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    fill(client, 3)
    before = everything(client), stored(client)

    second = StackResources()
    for quant in ("F16", "Q8_0"):
        with pytest.raises(
            ConflictError, match=r"jina-search-test-0a1b2c(?s:.*)elasticsearchAdopt=jina-demo"
        ):
            second.up(replace(wanted, owner=OTHER, quant=quant, sha256=quant[0].lower() * 64))
    second.destroy()

    assert (everything(client), stored(client)) == before
    assert stack.up(wanted) == []


def test_two_stacks_with_names_of_their_own_live_and_end_beside_each_other(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    fill(client, 3)
    # A change of dims leaves a former generation, with a pipeline of its own.
    changed = replace(wanted, dims=256, keep_generations=1)
    stack.up(changed)
    second = StackResources()
    theirs = replace(wanted, owner=OTHER, **OTHER_NAMES)
    first_has = everything(client), stored(client)

    second.up(theirs)
    second.up(replace(theirs, dims=64))
    second.up(replace(theirs, delete_data="jina", dims=64))
    second.destroy()

    assert (everything(client), stored(client)) == first_has
    assert stack.up(changed) == []


def test_an_index_that_is_handed_over_belongs_to_the_other_stack_from_then_on(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    contents = fill(client, 3)
    taking = replace(wanted, owner=OTHER, adopt=ALIAS, dims=256)

    second = StackResources()
    second.up(taking)
    stack.state["index"]["delete_data"] = stack.state["guard"]["delete_data"] = ALIAS
    stack.destroy()

    kept = replace(taking, adopt="")
    second.up(kept)
    assert second.up(kept) == []
    assert contents.keys() <= stored(client).keys()
    (index,) = client.request("GET", f"/{ALIAS}")
    assert read_meta(client, index)["owner"] == OTHER
    with pytest.raises(DocumentsAtRiskError):
        second.destroy()


def test_a_stack_that_took_over_deletes_nothing_that_was_taken_back(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    fill(client, 3)
    second = StackResources()
    second.up(replace(wanted, owner=OTHER, adopt=ALIAS, delete_data=ALIAS))
    stack.refresh()
    stack.up(replace(wanted, adopt=ALIAS))
    before = everything(client), stored(client)

    second.refresh()
    assert second.state["index"]["alias_state"] == "of another owner"
    second.destroy()

    assert (everything(client), stored(client)) == before


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


def test_a_stack_of_before_takes_what_it_made_for_its_own(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    fill(client, 3)
    stack.up(replace(wanted, dims=256))
    forget_owner(client, stack)

    done = stack.up(replace(wanted, dims=256))

    assert {"updated check", "updated pipeline", "updated index"} <= set(done)
    for index in client.request("GET", f"/{ALIAS}-*"):
        assert read_meta(client, index)["owner"] == wanted.owner
    assert stack.up(replace(wanted, dims=256)) == []


def test_what_a_stack_of_before_made_is_not_taken_by_another_one(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    forget_owner(client, stack)

    with pytest.raises(ConflictError, match=r"0\.1\.0"):
        StackResources().up(replace(wanted, owner=OTHER))


def test_a_state_of_before_destroys_what_it_made(stack: StackResources, client: Client) -> None:
    forget_owner(client, stack)

    stack.destroy()

    assert everything(client) == {"indices": {}, "pipelines": {}, "endpoints": []}


def forget_owner(client: Client, stack: StackResources) -> None:
    """Make state and notes what version 0.1.0 wrote: without an owner anywhere."""
    for values in stack.state.values():
        for key in ("owner", "managed", "cluster_uuid"):
            values.pop(key, None)
    for index in client.request("GET", f"/{ALIAS}*"):
        add_meta(client, index, {"owner": "", "identity_version": ""})
    for name, body in (client.find("/_ingest/pipeline") or {}).items():
        meta = {key: value for key, value in body["_meta"].items() if key not in ("owner", "alias")}
        kept = {key: body[key] for key in ("description", "processors")}
        client.request("PUT", f"/_ingest/pipeline/{name}", {**kept, "_meta": meta})


@pytest.mark.usefixtures("stack")
def test_a_stack_whose_state_forgot_its_resources_finds_them_unchanged(
    wanted: Wanted, client: Client
) -> None:
    fill(client, 3)
    before = everything(client), stored(client)

    again = StackResources()
    again.up(wanted)

    assert (everything(client), stored(client)) == before
    assert again.up(wanted) == []


def test_an_alias_that_another_one_begins_like_leaves_its_pipelines_alone(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    fill(client, 2)
    stack.up(replace(wanted, dims=256))
    kept = [name for name in client.request("GET", "/_ingest/pipeline") if name.endswith("-frozen")]
    assert len(kept) == 1

    short = StackResources()
    # In the client, an alias takes its generations' pipelines away.
    short.up(replace(wanted, alias="jina", local_embeddings_url="http://127.0.0.1:1", demo_documents=False))

    assert kept[0] in client.request("GET", "/_ingest/pipeline")
    (former,) = client.request("GET", f"/{ALIAS}-768-*")
    settings = client.request("GET", f"/{former}")[former]["settings"]["index"]
    assert settings["default_pipeline"] == kept[0]


def test_a_managed_index_that_cannot_be_read_is_not_adopted_under_another_identity(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    (index,) = client.request("GET", f"/{ALIAS}")
    meta = read_meta(client, index)
    del meta["identity"]["pooling"]
    client.request("PUT", f"/{index}/_mapping", {"_meta": meta})

    with pytest.raises(UnreadableIdentityError, match="has no pooling"):
        stack.up(replace(wanted, quant="Q2_K", sha256="c" * 64))
    with pytest.raises(UnreadableIdentityError, match="has no pooling"):
        stack.refresh()

    assert read_meta(client, index) == meta


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


def test_a_pipeline_of_people_that_uses_the_endpoint_stops_another_model_but_not_other_dims(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    embeds = {"model_id": "jina-local", "input_output": {"input_field": "a", "output_field": "b"}}
    removes = {"remove": {"field": "c", "ignore_missing": True, "on_failure": [{"inference": embeds}]}}
    client.request("PUT", "/_ingest/pipeline/mine", {"processors": [removes]})

    with pytest.raises(ConflictError, match="ingest pipeline mine"):
        stack.up(replace(wanted, quant="Q8_0", sha256="b" * 64))
    stack.up(replace(wanted, dims=64))


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
