"""Stacks that version 0.1.0 made; that version noted no owner."""

from dataclasses import replace

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import ConflictError
from components.elasticsearch.generations.index import add_meta, read_meta
from tests.contract.elasticsearch.people import everything, fill
from tests.contract.elasticsearch.stack_resources import ALIAS, OTHER, StackResources, Wanted

pytestmark = pytest.mark.sandbox


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
    """Remove the owner from the state and from all notes, as version 0.1.0 wrote them."""
    for values in stack.state.values():
        for key in ("owner", "managed", "cluster_uuid"):
            values.pop(key, None)
    for index in client.request("GET", f"/{ALIAS}*"):
        add_meta(client, index, {"owner": "", "identity_version": ""})
    for name, body in (client.find("/_ingest/pipeline") or {}).items():
        meta = {key: value for key, value in body["_meta"].items() if key not in ("owner", "alias")}
        kept = {key: body[key] for key in ("description", "processors")}
        client.request("PUT", f"/_ingest/pipeline/{name}", {**kept, "_meta": meta})
