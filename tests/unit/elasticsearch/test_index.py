"""What becomes of an index: decided from tables of what is there, and carried out in an order that loses nothing."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch import index
from components.elasticsearch.documents.bulk import DEMO_DOCUMENTS, Held
from components.elasticsearch.documents.digest import DIGEST_MAPPING
from components.elasticsearch.errors import ConflictError, UnreadableIdentityError
from components.elasticsearch.generations.generation import Generation, LiveIndex, WantedIndex, new_name
from components.elasticsearch.generations.index import build_index, build_meta, vector_mapping
from components.elasticsearch.identity import Identity
from components.elasticsearch.index import Plan, plan
from components.elasticsearch.ownership import Claim
from tests.unit.elasticsearch.recording import IDENTITY, RecordedCluster, missing

WANTED = WantedIndex(
    alias="jina-demo", pipeline_id="jina-embeddings", identity=IDENTITY, revision="59cfaceeeb7d7"
)
ALL_DEMO = tuple(one.id for one in DEMO_DOCUMENTS)
DEMO = Held(10, ALL_DEMO)
PEOPLE = Held(12, ALL_DEMO)
CHANGED = Held(10, ALL_DEMO[1:], ALL_DEMO[:1])
OTHER = replace(IDENTITY, dims=256)
MAPPED = {"content_digest": DIGEST_MAPPING}


def made(
    identity: Identity | None = IDENTITY, *, counter: int = 1, held: Held = DEMO, **more: Any
) -> Generation:
    """Return a generation of ours as Elasticsearch would show it."""
    of = identity or IDENTITY
    vector = vector_mapping(of) | {
        "index_options": {"type": of.index_options, "m": 16, "ef_construction": 100}
    }
    chosen = {
        "vector": vector,
        "properties": MAPPED,
        "default_pipeline": "jina-embeddings",
        "aliases": {"jina-demo": {}},
        **more,
    }
    return Generation(
        index=f"jina-demo-{of.dims}-{counter}",
        managed=identity is not None,
        identity=identity,
        held=held,
        **chosen,
    )


THIRD = replace(IDENTITY, dims=64)
FROM_FIRST = {"source": "jina-demo-256-1", "strategy": "re-embed", "watermark": 7}
RETIRED = {"successor": "jina-demo-768-2", "written": 11}


def begun(identity: Identity = IDENTITY, *, counter: int = 2, source: str = "jina-demo-256-1") -> Generation:
    """Return a generation that is being filled."""
    return made(
        identity, counter=counter, held=PEOPLE, migration={**FROM_FIRST, "source": source}, aliases={}
    )


FORMER = (
    made(OTHER, counter=1, held=PEOPLE, retired=RETIRED, aliases={}),
    made(OTHER, counter=2, held=PEOPLE, retired=RETIRED, aliases={}),
    made(OTHER, counter=3, held=PEOPLE, retired=RETIRED, aliases={}, touched=True),
)
NOTHING = LiveIndex()


@pytest.mark.parametrize(
    ("live", "action", "leftovers"),
    [
        (NOTHING, "create", []),
        (LiveIndex(behind=(made(),)), "nothing", []),
        (LiveIndex(behind=(made(held=PEOPLE),)), "nothing", []),
        (
            LiveIndex(behind=(made(replicas="2", properties={**MAPPED, "title": {"type": "text"}}),)),
            "nothing",
            [],
        ),
        (LiveIndex(behind=(made(properties={}),)), "repair", []),
        (LiveIndex(behind=(made(default_pipeline="_none"),)), "repair", []),
        (LiveIndex(behind=(made(successor="jina-demo-256-2"),)), "repair", []),
        (LiveIndex(behind=(made(OTHER),)), "migrate", []),
        (LiveIndex(behind=(made(OTHER, held=Held()),)), "migrate", []),
        (LiveIndex(behind=(made(OTHER, held=PEOPLE),)), "migrate", []),
        (LiveIndex(behind=(made(OTHER, successor="jina-demo-768-2"),)), "migrate", []),
        (LiveIndex(behind=(made(OTHER, held=PEOPLE),), beside=(begun(),)), "migrate", []),
        (
            LiveIndex(behind=(made(OTHER, held=PEOPLE),), beside=(begun(THIRD, counter=2),)),
            "migrate",
            ["jina-demo-64-2"],
        ),
        (
            LiveIndex(behind=(made(held=PEOPLE),), beside=(begun(OTHER, source="jina-demo-768-1"),)),
            "nothing",
            ["jina-demo-256-2"],
        ),
        (LiveIndex(beside=(made(OTHER, held=PEOPLE), begun())), "restore alias", []),
        (
            LiveIndex(behind=(made(counter=2, migration=FROM_FIRST),), beside=(made(OTHER, held=PEOPLE),)),
            "finish",
            [],
        ),
        (LiveIndex(behind=(made(retired=RETIRED),)), "repair", []),
        (LiveIndex(behind=(made(held=PEOPLE, counter=4),), beside=FORMER), "nothing", ["jina-demo-256-1"]),
        (LiveIndex(behind=(made(held=PEOPLE),), beside=FORMER), "nothing", []),
        (LiveIndex(behind=(made(),), beside=(made(OTHER, counter=2),)), "nothing", ["jina-demo-256-2"]),
        (LiveIndex(behind=(made(),), beside=(made(OTHER, counter=2, held=PEOPLE),)), "nothing", []),
        (LiveIndex(beside=(made(),)), "restore alias", []),
        (LiveIndex(behind=(made(None),), beside=(made(counter=2),)), "restore alias", []),
        (LiveIndex(behind=(made(None, held=PEOPLE),)), "adopt", []),
    ],
    ids=[
        "nothing there",
        "as wanted",
        "people's documents of the same identity",
        "people added fields and replicas",
        "made by an earlier version, without digests",
        "pipeline taken away",
        "closed to writers by an interrupted run that is no longer wanted",
        "other identity, demo documents alone",
        "other identity, empty",
        "other identity, documents of people",
        "other identity, interrupted",
        "a migration to go on with",
        "an unfinished migration to an identity that is no longer wanted",
        "an unfinished migration, the settings set back",
        "the alias deleted in the middle of a migration",
        "the alias moved, and nothing noted",
        "rolled back by hand",
        "more former generations than are kept, one of them written to since",
        "newer generations beside one that was rolled back to",
        "an unfinished generation",
        "a generation that somebody wrote to",
        "alias deleted",
        "alias moved to somebody's index",
        "made by hand with the right mapping",
    ],
)
def test_the_plan_follows_from_what_is_there(live: LiveIndex, action: str, leftovers: list[str]) -> None:
    decided = index.plan(live, WANTED)
    assert (decided.action, [one.index for one in decided.leftovers]) == (action, leftovers)


@pytest.mark.parametrize(
    "change",
    [
        {"dims": 32},
        {"quant": "Q8_0"},
        {"sha256": "b" * 64},
        {"model": "other"},
        {"pooling": "mean"},
        {"document_prefix": ""},
        {"similarity": "dot_product"},
        {"index_options": "hnsw"},
    ],
    ids=str,
)
def test_every_part_of_the_identity_asks_for_another_generation(change: dict[str, Any]) -> None:
    wanted = replace(WANTED, identity=replace(IDENTITY, **change))
    decided = index.plan(LiveIndex(behind=(made(),)), wanted)
    assert decided.action == "migrate"
    assert next(iter(change)) in decided.why


@pytest.mark.parametrize("identity", [IDENTITY, OTHER, None], ids=["as wanted", "to migrate", "to adopt"])
def test_a_field_of_people_that_digests_would_overwrite_is_refused(identity: Identity | None) -> None:
    theirs = made(identity, properties={"content_digest": {"type": "text"}})
    with pytest.raises(ConflictError, match=r"jina-demo-\d+-1 has a field content_digest already"):
        index.plan(LiveIndex(behind=(theirs,)), WANTED)


def test_another_commit_of_the_same_file_changes_nothing() -> None:
    wanted = replace(WANTED, revision="0123456789")
    assert index.plan(LiveIndex(behind=(made(),)), wanted).action == "nothing"


def test_a_migration_goes_on_with_what_an_earlier_run_left() -> None:
    live = LiveIndex(behind=(made(OTHER, held=PEOPLE),), beside=(begun(),))
    unfinished = index.plan(live, WANTED).unfinished
    assert unfinished is not None
    assert unfinished.index == "jina-demo-768-2"


@pytest.mark.parametrize(("keep", "deleted"), [(0, [2, 1]), (1, [1]), (2, []), (9, [])])
def test_as_many_former_generations_are_kept_as_are_set(keep: int, deleted: list[int]) -> None:
    live = LiveIndex(behind=(made(held=PEOPLE, counter=4),), beside=FORMER)
    leftovers = index.plan(live, replace(WANTED, keep_generations=keep)).leftovers
    assert sorted(one.counter for one in leftovers) == sorted(deleted)


def test_an_index_of_the_aliass_name_is_refused_with_the_way_to_adopt_it() -> None:
    with pytest.raises(ConflictError) as raised:
        index.plan(LiveIndex(concrete=True), WANTED)
    for part in ("elasticsearchAdopt=jina-demo", "jina-demo-768-f16-59cfacee-1", "elasticsearchIndex"):
        assert part in str(raised.value)


def test_an_alias_of_another_mapping_that_is_not_ours_is_refused() -> None:
    foreign = replace(made(None), vector={"type": "dense_vector", "dims": 384, "similarity": "cosine"})
    with pytest.raises(ConflictError, match=r"384.*dims 768"):
        index.plan(LiveIndex(behind=(foreign,)), WANTED)


@pytest.mark.parametrize(
    ("revision", "name"),
    [
        ("59cfaceeeb7d738c", "jina-demo-768-f16-59cfacee-3"),
        ("main", "jina-demo-768-f16-main-3"),
        ("v1.0/RC", "jina-demo-768-f16-v10rc-3"),
        ("--", "jina-demo-768-f16-unknown-3"),
    ],
)
def test_names_say_what_made_the_generation(revision: str, name: str) -> None:
    live = LiveIndex(behind=(made(counter=1),), beside=(made(counter=2),))
    assert new_name(replace(WANTED, revision=revision), live) == name


MINE, TAKEN_OVER = Claim(owner="mine"), Claim(owner="mine", handed_over=True)
MADE_BEFORE = Claim(owner="mine", unowned=True)


@pytest.mark.parametrize(
    ("owner", "claim", "action"),
    [
        ("mine", MINE, "nothing"),
        ("", MADE_BEFORE, "nothing"),
        ("theirs", TAKEN_OVER, "nothing"),
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
    theirs = made(OTHER, counter=4, owner="theirs", held=Held(), aliases={})
    live = LiveIndex(beside=(theirs,))
    wanted = replace(WANTED, claim=MINE)

    assert plan(live, wanted) == Plan(action="create", why="there is none")
    assert new_name(wanted, live.seen_by(MINE)).endswith("-5")


def test_a_name_that_people_gave_an_index_of_theirs_is_not_taken() -> None:
    live = LiveIndex(behind=(made(counter=1),), taken=frozenset({"jina-demo-768-f16-59cfacee-2"}))

    assert new_name(WANTED, live) == "jina-demo-768-f16-59cfacee-3"


@pytest.mark.parametrize("place", ["behind", "beside"])
def test_a_generation_whose_identity_cannot_be_read_stops_an_update(place: str) -> None:
    damaged = replace(made(OTHER, counter=2, aliases={}), identity=None, unreadable="it has no pooling")
    live = (
        LiveIndex(behind=(damaged,)) if place == "behind" else LiveIndex(behind=(made(),), beside=(damaged,))
    )

    with pytest.raises(UnreadableIdentityError, match=r"jina-demo-256-2 .* it has no pooling"):
        plan(live, WANTED)


def test_a_closed_index_in_use_stops_an_update_and_a_closed_former_one_is_kept() -> None:
    with pytest.raises(ConflictError, match=r"_open"):
        plan(LiveIndex(behind=(made(closed=True),)), WANTED)
    former = made(OTHER, counter=0, held=Held(), retired=RETIRED, aliases={}, closed=True)
    assert plan(LiveIndex(behind=(made(),), beside=(former,)), WANTED).leftovers == ()


@pytest.mark.parametrize("dims", [32, 64, 128, 256, 512, 768])
def test_the_indexs_body_is_exactly_this(dims: int) -> None:
    wanted = replace(WANTED, identity=replace(IDENTITY, dims=dims))
    assert build_index(wanted) == {
        "settings": {"index": {"default_pipeline": "jina-embeddings", "number_of_replicas": 0}},
        "mappings": {
            "_meta": {
                "managed_by": "jina-search",
                "alias": "jina-demo",
                "identity": wanted.identity.as_dict(),
                "identity_version": 1,
                "revision": "59cfaceeeb7d7",
            },
            "properties": {
                "content": {"type": "text"},
                "content_digest": {"type": "keyword", "index": False},
                "content_embedding": {
                    "type": "dense_vector",
                    "dims": dims,
                    "similarity": "cosine",
                    "index": True,
                    "index_options": {"type": "int8_hnsw"},
                },
            },
        },
    }


def test_a_new_generation_keeps_what_people_added() -> None:
    body = build_index(WANTED, predecessor=made(OTHER, replicas="2", properties={"title": {"type": "text"}}))
    assert body["settings"]["index"]["number_of_replicas"] == 2
    assert body["mappings"]["properties"]["title"] == {"type": "text"}
    assert body["mappings"]["properties"]["content_embedding"]["dims"] == 768


def test_the_first_generation_is_made_together_with_its_alias() -> None:
    cluster = RecordedCluster({"GET /jina-demo": missing()})
    assert index.converge(cluster, WANTED) == "jina-demo-768-f16-59cfacee-1"
    assert [shown.split("?")[0] for shown in cluster.written] == ["PUT /jina-demo-768-f16-59cfacee-1"]
    assert cluster.asked[-1][1]["aliases"] == {"jina-demo": {}}


def test_an_index_that_is_as_wanted_is_not_written_to() -> None:
    same = {
        "aliases": {"jina-demo": {}},
        "settings": {"index": {"default_pipeline": "jina-embeddings", "number_of_replicas": "1"}},
        "mappings": {
            "_meta": build_meta(WANTED),
            "properties": {**MAPPED, "content_embedding": vector_mapping(IDENTITY)},
        },
    }
    cluster = RecordedCluster(
        {
            "GET /jina-demo": {"i-1": same},
            "GET /jina-demo-*": {},
            "GET /i-1/_count": {"count": 3},
            "POST /i-1/_mget": {"docs": []},
        }
    )
    assert index.converge(cluster, WANTED) == "i-1"
    assert [shown.split("?")[0] for shown in cluster.written] == ["POST /i-1/_refresh", "POST /i-1/_mget"]
