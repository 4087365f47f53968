"""Indices that people closed, cloned, or wrote to after a switch are theirs: no update takes them for its copies."""

from dataclasses import replace

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import ConflictError, DocumentsAtRiskError, IndexingError
from components.elasticsearch.migration import finishing
from tests.contract.elasticsearch.people import fill, stored
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted

pytestmark = pytest.mark.sandbox


def test_a_closed_generation_that_is_the_only_one_left_is_kept(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    fill(client, 3)
    (index,) = client.request("GET", f"/{ALIAS}")
    client.request("POST", f"/{index}/_close")
    client.request("DELETE", f"/{index}/_alias/{ALIAS}")
    stack.refresh()

    with pytest.raises(ConflictError, match=f"{index} is closed"):
        stack.up(wanted)

    assert index in client.request("GET", f"/{ALIAS}-*", query={"expand_wildcards": "all"})


def test_a_clone_that_people_made_of_a_former_generation_is_theirs(
    stack: StackResources, wanted: Wanted, client: Client
) -> None:
    fill(client, 3)
    stack.up(replace(wanted, dims=256))
    (former,) = client.request("GET", f"/{ALIAS}-768-*")
    client.request("POST", f"/{former}/_clone/{ALIAS}-archive")

    changed = replace(wanted, dims=64, keep_generations=0)
    stack.up(changed)
    stack.refresh()
    stack.up(changed)

    assert stored(client, f"{ALIAS}-archive").keys() >= {"doc-0", "doc-1", "doc-2"}
    with pytest.raises(DocumentsAtRiskError, match=f"{ALIAS}-archive"):
        stack.destroy()


def test_what_people_wrote_after_a_switch_that_was_not_finished_stays_when_the_alias_is_moved_back(
    stack: StackResources, wanted: Wanted, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(client, 3)
    (old,) = client.request("GET", f"/{ALIAS}")

    def dies(*_: object) -> None:
        raise IndexingError("the machine went down")

    with monkeypatch.context() as patched:
        patched.setattr(finishing, "finish", dies)
        with pytest.raises(IndexingError):
            stack.up(replace(wanted, dims=256))
    (new,) = client.request("GET", f"/{ALIAS}")
    client.request("PUT", f"/{ALIAS}/_doc/after-switch", {"content": "written after the switch"})
    moved = [{"remove": {"index": new, "alias": ALIAS}}, {"add": {"index": old, "alias": ALIAS}}]
    client.request("POST", "/_aliases", {"actions": moved})
    stack.refresh()
    stack.up(wanted)

    assert "after-switch" in stored(client, new)
    with pytest.raises(DocumentsAtRiskError, match=new):
        stack.destroy()
