"""What becomes of an index: decided from tables of what is there, and carried out in an order that loses nothing."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch import generation
from components.elasticsearch.documents import DEMO_DOCUMENTS, Held
from components.elasticsearch.errors import ConflictError, DocumentsAtRiskError, IndexingError
from components.elasticsearch.identity import Identity
from components.elasticsearch.index import (
    Generation,
    LiveIndex,
    WantedIndex,
    build_index,
    build_meta,
    new_name,
    vector_mapping,
)
from tests.unit.elasticsearch.recording import IDENTITY, RecordedCluster, missing

WANTED = WantedIndex(
    alias="jina-demo", pipeline_id="jina-embeddings", identity=IDENTITY, revision="59cfaceeeb7d7"
)
ALL_DEMO = tuple(one.id for one in DEMO_DOCUMENTS)
DEMO = Held(10, ALL_DEMO)
PEOPLE = Held(12, ALL_DEMO)
CHANGED = Held(10, ALL_DEMO[1:], ALL_DEMO[:1])
OTHER = replace(IDENTITY, dims=256)


def made(
    identity: Identity | None = IDENTITY, *, counter: int = 1, held: Held = DEMO, **more: Any
) -> Generation:
    """Return a generation of ours as Elasticsearch would show it."""
    of = identity or IDENTITY
    vector = vector_mapping(of) | {
        "index_options": {"type": of.index_options, "m": 16, "ef_construction": 100}
    }
    chosen = {"vector": vector, "default_pipeline": "jina-embeddings", "aliases": {"jina-demo": {}}, **more}
    return Generation(index=f"jina-demo-{of.dims}-{counter}", identity=identity, held=held, **chosen)


NOTHING = LiveIndex()


@pytest.mark.parametrize(
    ("live", "action", "leftovers"),
    [
        (NOTHING, "create", []),
        (LiveIndex(behind=(made(),)), "nothing", []),
        (LiveIndex(behind=(made(held=PEOPLE),)), "nothing", []),
        (LiveIndex(behind=(made(replicas="2", properties={"title": {"type": "text"}}),)), "nothing", []),
        (LiveIndex(behind=(made(default_pipeline="_none"),)), "repair", []),
        (LiveIndex(behind=(made(successor="jina-demo-256-2"),)), "repair", []),
        (LiveIndex(behind=(made(OTHER),)), "recreate", []),
        (LiveIndex(behind=(made(OTHER, held=Held()),)), "recreate", []),
        (LiveIndex(behind=(made(OTHER, successor="jina-demo-768-2"),)), "recreate", []),
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
        "pipeline taken away",
        "closed to writers by an interrupted run that is no longer wanted",
        "other identity, demo documents alone",
        "other identity, empty",
        "other identity, interrupted",
        "an unfinished generation",
        "a generation that somebody wrote to",
        "alias deleted",
        "alias moved to somebody's index",
        "made by hand with the right mapping",
    ],
)
def test_the_plan_follows_from_what_is_there(live: LiveIndex, action: str, leftovers: list[str]) -> None:
    decided = generation.plan(live, WANTED)
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
    decided = generation.plan(LiveIndex(behind=(made(),)), wanted)
    assert decided.action == "recreate"
    assert next(iter(change)) in decided.why


def test_another_commit_of_the_same_file_changes_nothing() -> None:
    wanted = replace(WANTED, revision="0123456789")
    assert generation.plan(LiveIndex(behind=(made(),)), wanted).action == "nothing"


@pytest.mark.parametrize(("held", "count"), [(PEOPLE, "2 documents"), (CHANGED, "1 document ")])
def test_documents_that_cannot_be_made_again_are_never_given_up(held: Held, count: str) -> None:
    with pytest.raises(DocumentsAtRiskError) as raised:
        generation.plan(LiveIndex(behind=(made(OTHER, held=held),)), WANTED)
    assert count in str(raised.value)
    assert "dims 256 -> 768" in str(raised.value)


def test_an_index_of_the_aliass_name_is_refused_with_the_way_to_adopt_it() -> None:
    with pytest.raises(ConflictError) as raised:
        generation.plan(LiveIndex(concrete=True), WANTED)
    for part in ("_block/write", "_clone/jina-demo-768-f16-59cfacee-1", "remove_index", "elasticsearchIndex"):
        assert part in str(raised.value)


def test_an_alias_of_another_mapping_that_is_not_ours_is_refused() -> None:
    foreign = replace(made(None), vector={"type": "dense_vector", "dims": 384, "similarity": "cosine"})
    with pytest.raises(ConflictError, match=r"384.*dims 768"):
        generation.plan(LiveIndex(behind=(foreign,)), WANTED)


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
                "revision": "59cfaceeeb7d7",
            },
            "properties": {
                "content": {"type": "text"},
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


OLD, NEW = "jina-demo-256-1", "jina-demo-768-f16-59cfacee-2"


def cluster_with_old_generation(**more: Any) -> RecordedCluster:
    """Return a cluster that holds the ten demo documents at 256 dimensions."""
    old = {
        "aliases": {"jina-demo": {}, "theirs": {"filter": {"term": {"a": 1}}}},
        "settings": {"index": {"default_pipeline": "jina-embeddings", "number_of_replicas": "0"}},
        "mappings": {
            "_meta": build_meta(replace(WANTED, identity=OTHER)),
            "properties": {"content_embedding": vector_mapping(OTHER)},
        },
    }
    documents = [
        {"_id": one.id, "found": True, "_source": {"content": one.content}} for one in DEMO_DOCUMENTS
    ]
    return RecordedCluster(
        {
            "GET /jina-demo": {OLD: old},
            "GET /jina-demo-*": {OLD: old},
            f"GET /{OLD}": {OLD: old},
            f"GET /{OLD}/_count": {"count": 10},
            f"POST /{OLD}/_mget": {"docs": documents},
            f"POST /{NEW}/_bulk": {"items": []},
            f"POST /{NEW}/_count": {"count": 10},
            **more,
        }
    )


def test_a_generation_is_replaced_only_once_its_successor_is_complete() -> None:
    cluster = cluster_with_old_generation()
    assert generation.converge(cluster, WANTED) == NEW
    changes = [shown.split("?")[0] for shown in cluster.written]
    assert [shown for shown in changes if "_refresh" not in shown and "_mget" not in shown] == [
        f"PUT /{OLD}/_mapping",
        f"PUT /{OLD}/_block/write",
        f"PUT /{NEW}",
        f"POST /{NEW}/_bulk",
        f"POST /{NEW}/_count",
        "POST /_aliases",
        f"DELETE /{OLD}",
    ]
    actions = next(body for shown, body in cluster.asked if shown == "POST /_aliases")["actions"]
    assert actions == [
        {"add": {"index": NEW, "alias": "jina-demo"}},
        {"remove": {"index": OLD, "alias": "jina-demo"}},
        {"add": {"index": NEW, "alias": "theirs", "filter": {"term": {"a": 1}}}},
        {"remove": {"index": OLD, "alias": "theirs"}},
    ]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({f"POST /{NEW}/_count": {"count": 9}}, IndexingError),
        (
            {f"POST /{NEW}/_bulk": {"items": [{"index": {"error": {"reason": "no"}, "status": 400}}]}},
            IndexingError,
        ),
        # Two documents come between the plan and the block on writes.
        ({f"GET /{OLD}/_count": [{"count": 10}, {"count": 12}]}, DocumentsAtRiskError),
    ],
    ids=["fewer documents than before", "refused documents", "documents written meanwhile"],
)
def test_a_successor_that_cannot_be_completed_leaves_the_old_generation_in_use(
    more: dict[str, Any], error: type[Exception]
) -> None:
    cluster = cluster_with_old_generation(**more)
    with pytest.raises(error):
        generation.converge(cluster, WANTED)
    assert "POST /_aliases" not in cluster.written
    assert f"DELETE /{OLD}" not in cluster.written
    assert f"DELETE /{NEW}" in cluster.written
    assert (f"PUT /{OLD}/_settings", {"index.blocks.write": None}) in cluster.asked


def test_the_first_generation_is_made_together_with_its_alias() -> None:
    cluster = RecordedCluster({"GET /jina-demo": missing()})
    assert generation.converge(cluster, WANTED) == "jina-demo-768-f16-59cfacee-1"
    assert [shown.split("?")[0] for shown in cluster.written] == ["PUT /jina-demo-768-f16-59cfacee-1"]
    assert cluster.asked[-1][1]["aliases"] == {"jina-demo": {}}


def test_an_index_that_is_as_wanted_is_not_written_to() -> None:
    same = {
        "aliases": {"jina-demo": {}},
        "settings": {"index": {"default_pipeline": "jina-embeddings", "number_of_replicas": "1"}},
        "mappings": {
            "_meta": build_meta(WANTED),
            "properties": {"content_embedding": vector_mapping(IDENTITY)},
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
    assert generation.converge(cluster, WANTED) == "i-1"
    assert [shown.split("?")[0] for shown in cluster.written] == ["POST /i-1/_refresh", "POST /i-1/_mget"]
