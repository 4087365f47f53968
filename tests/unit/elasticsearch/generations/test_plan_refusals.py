"""What stops an update before anything is changed: indices that are not the stack's, or cannot be read."""

from dataclasses import replace

import pytest

from components.elasticsearch.errors import ConflictError, UnreadableIdentityError
from components.elasticsearch.generations.generation import LiveIndex, new_name
from components.elasticsearch.generations.plan import Step, plan
from components.elasticsearch.identity import Identity
from components.elasticsearch.ownership import Claim
from tests.unit.elasticsearch.generations.made import OTHER, WANTED, made
from tests.unit.elasticsearch.recording import IDENTITY

MINE, TAKEN_OVER = Claim(owner="mine"), Claim(owner="mine", handed_over=True)
MADE_BEFORE = Claim(owner="mine", unowned=True)


@pytest.mark.parametrize("identity", [IDENTITY, OTHER, None], ids=["as wanted", "to migrate", "to adopt"])
def test_a_field_of_people_that_digests_would_overwrite_is_refused(identity: Identity | None) -> None:
    theirs = made(identity, properties={"content_digest": {"type": "text"}})
    with pytest.raises(ConflictError, match=r"jina-demo-\d+-1 has a field content_digest already"):
        plan(LiveIndex(behind=(theirs,)), WANTED)


def test_an_index_of_the_aliass_name_is_refused_with_the_way_to_adopt_it() -> None:
    with pytest.raises(ConflictError) as raised:
        plan(LiveIndex(concrete=True), WANTED)
    for part in ("elasticsearchAdopt=jina-demo", "jina-demo-768-f16-59cfacee-1", "elasticsearchIndex"):
        assert part in str(raised.value)


def test_an_alias_of_another_mapping_that_is_not_ours_is_refused() -> None:
    foreign = replace(made(None), vector={"type": "dense_vector", "dims": 384, "similarity": "cosine"})
    with pytest.raises(ConflictError, match=r"384.*dims 768"):
        plan(LiveIndex(behind=(foreign,)), WANTED)


@pytest.mark.parametrize(
    ("owner", "claim", "action"),
    [
        ("mine", MINE, "nothing"),
        ("", MADE_BEFORE, "note the owner"),
        ("theirs", TAKEN_OVER, "note the owner"),
        ("theirs", MINE, "another stack's"),
        ("theirs", MADE_BEFORE, "another stack's"),
        ("", MINE, "another stack's"),
    ],
)
def test_an_index_is_used_by_the_stack_that_owns_it(owner: str, claim: Claim, action: str) -> None:
    live, wanted = LiveIndex(behind=(made(owner=owner),)), replace(WANTED, claim=claim)

    if action == "another stack's":
        with pytest.raises(ConflictError, match=r"names of its own(?s:.*)elasticsearchAdopt=jina-demo"):
            plan(live, wanted)
    else:
        assert plan(live, wanted).action == action


def test_generations_of_another_stack_are_neither_used_nor_deleted_nor_named_again() -> None:
    theirs = made(OTHER, counter=4, owner="theirs", aliases={})
    live = LiveIndex(beside=(theirs,))
    wanted = replace(WANTED, claim=MINE)

    assert plan(live, wanted) == Step(action="create", why="there is none")
    assert new_name(wanted, live.seen_by(MINE)).endswith("-5")


@pytest.mark.parametrize("place", ["behind", "beside"])
def test_a_generation_whose_identity_cannot_be_read_stops_an_update(place: str) -> None:
    damaged = replace(made(OTHER, counter=2, aliases={}), identity=None, unreadable="it has no pooling")
    live = (
        LiveIndex(behind=(damaged,)) if place == "behind" else LiveIndex(behind=(made(),), beside=(damaged,))
    )

    with pytest.raises(UnreadableIdentityError, match=r"jina-demo-256-2 .* it has no pooling"):
        plan(live, WANTED)


def test_a_closed_index_in_use_stops_an_update() -> None:
    with pytest.raises(ConflictError, match=r"_open"):
        plan(LiveIndex(behind=(made(closed=True),)), WANTED)
