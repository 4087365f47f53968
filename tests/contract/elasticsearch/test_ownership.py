"""Several stacks on one cluster: none touches what another stack made."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import ConflictError, DocumentsAtRiskError, UnreadableIdentityError
from components.elasticsearch.generations.index import read_meta
from tests.contract.elasticsearch.people import everything, fill, stored
from tests.contract.elasticsearch.stack_resources import ALIAS, OTHER, StackResources, Wanted

pytestmark = pytest.mark.sandbox


OTHER_NAMES: dict[str, Any] = {
    "alias": "jina",
    "pipeline_id": "other-embeddings",
    "inference_id": "other-local",
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
    # Where the client embeds, an alias removes the pipelines of its generations.
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
