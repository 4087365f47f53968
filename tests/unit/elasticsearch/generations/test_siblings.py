"""Indices of one stack, whose owner is the same: an alias alone never makes a generation another index's."""

from dataclasses import replace

import pytest

from components.elasticsearch.errors import ConflictError
from components.elasticsearch.generations import deletion
from components.elasticsearch.generations.generation import LiveIndex
from components.elasticsearch.generations.live_index import read_live
from components.elasticsearch.generations.plan import plan
from components.elasticsearch.identity import Identity
from components.elasticsearch.ownership import Claim
from tests.unit.elasticsearch.generations.made import OTHER, WANTED, made
from tests.unit.elasticsearch.recording import RecordedCluster

SIBLING = Claim(owner="me", siblings=frozenset({"jina-demo"}))
TICKETS = replace(WANTED, alias="tickets", claim=SIBLING, moves_endpoints=False)
THEIRS = made(owner="me", alias="jina-demo")


@pytest.mark.parametrize("identity", [WANTED.identity, OTHER], ids=["as wanted", "to migrate"])
def test_a_generation_of_a_sibling_behind_the_alias_is_refused(identity: Identity) -> None:
    live = LiveIndex(behind=(replace(THEIRS, identity=identity),))
    with pytest.raises(
        ConflictError, match=r"tickets is an alias of jina-demo-768-1.*index jina-demo of this"
    ):
        plan(live, TICKETS)
    assert live.owned(SIBLING) == ()


def test_one_that_is_behind_the_alias_beside_its_own_is_refused_too() -> None:
    own = replace(THEIRS, index="tickets-768-f16-x-9", alias="tickets")
    with pytest.raises(ConflictError, match="tickets is an alias of jina-demo-768-1"):
        plan(LiveIndex(behind=(own, THEIRS)), TICKETS)


def test_where_there_is_no_sibling_a_generation_is_the_aliass_as_ever() -> None:
    alone = replace(TICKETS, claim=Claim(owner="me"))
    assert plan(LiveIndex(behind=(THEIRS,)), alone).action == "nothing"


def test_what_a_sibling_owns_is_not_deleted_with_the_index_whose_alias_leads_to_it() -> None:
    meta = {"managed_by": "jina-search", "owner": "me", "alias": "jina-demo"}
    body = {"jina-demo-1": {"mappings": {"_meta": meta}, "aliases": {"tickets": {}, "jina-demo": {}}}}
    cluster = RecordedCluster({"GET /tickets": body, "GET /jina-demo": body})
    assert read_live(cluster, "tickets").behind[0].alias == "jina-demo"
    deletion.delete_generations(cluster, "tickets", ["tickets"], SIBLING)
    assert deletion.retire_alias(cluster, "tickets", SIBLING) == ""
    assert cluster.written == []
    # The same is deleted with the index that it was made for.
    deletion.delete_generations(cluster, "jina-demo", ["jina-demo"], Claim(owner="me"))
    assert "DELETE /jina-demo-1" in cluster.written
