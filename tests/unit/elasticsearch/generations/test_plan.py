"""What is done next to an index, by what is there; and what is left over and goes."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.fields import NO_PIPELINE
from components.elasticsearch.generations.generation import Generation, KeptPipeline, LiveIndex
from components.elasticsearch.generations.index import vector_mapping
from components.elasticsearch.generations.plan import Step, plan, plan_change
from components.elasticsearch.identity import Identity
from tests.unit.elasticsearch.generations.made import MAPPED, OTHER, WANTED, made
from tests.unit.elasticsearch.recording import IDENTITY

THIRD = replace(IDENTITY, dims=64)
FROM_FIRST = {"source": "jina-demo-256-1", "strategy": "re-embed", "watermark": 7}
RETIRED = {"successor": "jina-demo-768-2", "written": 11}


def beside(
    identity: Identity = OTHER, *, counter: int = 1, of_people: int | None = 2, **more: Any
) -> Generation:
    """Return a generation that the alias does not point to."""
    return made(identity, counter=counter, of_people=of_people, aliases={}, **more)


def begun(identity: Identity = IDENTITY, *, counter: int = 2, source: str = "jina-demo-256-1") -> Generation:
    """Return a generation that is being filled, whose documents nobody counted."""
    return beside(identity, counter=counter, of_people=None, migration={**FROM_FIRST, "source": source})


FORMER = (
    beside(counter=1, retired=RETIRED),
    beside(counter=2, retired=RETIRED),
    beside(counter=3, retired=RETIRED, touched=True),
)
FLAT = {**vector_mapping(IDENTITY), "index_options": {"type": "flat"}}
CLOSED = beside(counter=0, of_people=None, retired=RETIRED, closed=True)


def kept(index: str, *, own: bool, used: bool) -> KeptPipeline:
    """Return a pipeline that was kept for a generation."""
    return KeptPipeline(name=f"{index}-frozen", index=index, of_its_generation=own, used=used)


@pytest.mark.parametrize(
    ("live", "action", "targets"),
    [
        pytest.param(LiveIndex(), "create", [], id="nothing there"),
        pytest.param(LiveIndex(behind=(made(),)), "nothing", [], id="as wanted"),
        pytest.param(
            LiveIndex(behind=(made(replicas="2", properties={**MAPPED, "title": {"type": "text"}}),)),
            "nothing",
            [],
            id="people added fields and replicas",
        ),
        pytest.param(
            LiveIndex(behind=(made(properties={}),)),
            "repair",
            [],
            id="made by an earlier version, without digests",
        ),
        pytest.param(
            LiveIndex(behind=(made(default_pipeline="_none"),)), "repair", [], id="pipeline taken away"
        ),
        pytest.param(
            LiveIndex(behind=(made(successor="jina-demo-256-2"),)),
            "repair",
            [],
            id="closed to writers by an interrupted run that is no longer wanted",
        ),
        pytest.param(LiveIndex(behind=(made(retired=RETIRED),)), "repair", [], id="rolled back by hand"),
        pytest.param(LiveIndex(behind=(made(OTHER),)), "migrate", [], id="other identity"),
        pytest.param(
            LiveIndex(behind=(made(OTHER, successor="jina-demo-768-2"),)),
            "migrate",
            [],
            id="other identity, interrupted",
        ),
        pytest.param(
            LiveIndex(behind=(made(OTHER),), beside=(begun(),)),
            "migrate",
            [],
            id="a migration to go on with",
        ),
        pytest.param(
            LiveIndex(behind=(made(OTHER),), beside=(begun(THIRD),)),
            "delete",
            ["jina-demo-64-2"],
            id="an unfinished migration to an identity that is no longer wanted",
        ),
        pytest.param(
            LiveIndex(behind=(made(),), beside=(begun(OTHER, source="jina-demo-768-1"),)),
            "delete",
            ["jina-demo-256-2"],
            id="an unfinished migration, the settings set back",
        ),
        pytest.param(
            LiveIndex(beside=(beside(), begun())),
            "restore alias",
            ["jina-demo-256-1"],
            id="the alias deleted in the middle of a migration",
        ),
        pytest.param(
            LiveIndex(behind=(made(counter=2, migration=FROM_FIRST),), beside=(beside(),)),
            "finish",
            [],
            id="the alias moved, and nothing noted",
        ),
        pytest.param(
            LiveIndex(behind=(made(counter=4),), beside=FORMER),
            "delete",
            ["jina-demo-256-1"],
            id="more former generations than are kept, one of them written to since",
        ),
        pytest.param(
            LiveIndex(behind=(made(),), beside=FORMER),
            "nothing",
            [],
            id="newer generations beside one that was rolled back to",
        ),
        pytest.param(
            LiveIndex(behind=(made(counter=4),), beside=(beside(retired=RETIRED, of_people=0),)),
            "delete",
            ["jina-demo-256-1"],
            id="a former generation that holds the demo documents alone",
        ),
        pytest.param(
            LiveIndex(behind=(made(),), beside=(beside(counter=2, of_people=0),)),
            "delete",
            ["jina-demo-256-2"],
            id="a generation that holds nothing of people's",
        ),
        pytest.param(
            LiveIndex(behind=(made(),), beside=(beside(counter=2, of_people=1),)),
            "nothing",
            [],
            id="a generation that somebody wrote to",
        ),
        pytest.param(
            LiveIndex(behind=(made(),), beside=(beside(counter=2, of_people=None),)),
            "nothing",
            [],
            id="a generation whose documents nobody counted",
        ),
        pytest.param(LiveIndex(behind=(made(),), beside=(CLOSED,)), "nothing", [], id="closed and former"),
        pytest.param(
            LiveIndex(beside=(beside(IDENTITY),)), "restore alias", ["jina-demo-768-1"], id="alias deleted"
        ),
        pytest.param(
            LiveIndex(behind=(made(None),), beside=(beside(IDENTITY, counter=2),)),
            "restore alias",
            ["jina-demo-768-2"],
            id="alias moved to somebody's index",
        ),
        pytest.param(LiveIndex(behind=(made(None),)), "adopt", [], id="made by hand with the right mapping"),
        pytest.param(
            LiveIndex(behind=(made(vector=FLAT, adopted=True),)),
            "nothing",
            [],
            id="adopted, with index options of its own",
        ),
        pytest.param(
            LiveIndex(behind=(made(vector=FLAT),)), "migrate", [], id="index options changed by hand"
        ),
        pytest.param(
            LiveIndex(behind=(made(),), kept_pipelines=(kept("gone", own=False, used=False),)),
            "delete pipelines",
            ["gone-frozen"],
            id="a kept pipeline of a generation that is gone",
        ),
        pytest.param(
            LiveIndex(behind=(made(),), kept_pipelines=(kept("gone", own=False, used=True),)),
            "nothing",
            [],
            id="a kept pipeline that people's clone embeds by",
        ),
        pytest.param(
            LiveIndex(behind=(made(),), kept_pipelines=(kept("former", own=True, used=True),)),
            "nothing",
            [],
            id="a kept pipeline of a former generation",
        ),
    ],
)
def test_the_next_step_follows_from_what_is_there(live: LiveIndex, action: str, targets: list[str]) -> None:
    step = plan(live, WANTED)
    assert (step.action, list(step.targets)) == (action, targets)


def test_leftovers_go_before_a_migration_and_are_no_part_of_the_change() -> None:
    live = LiveIndex(behind=(made(OTHER),), beside=(begun(THIRD),))
    assert (plan(live, WANTED).action, plan_change(live, WANTED).action) == ("delete", "migrate")
    assert plan(replace(live, beside=()), WANTED).action == "migrate"


def test_where_documents_bring_their_vectors_no_generation_embeds_in_elasticsearch() -> None:
    current = made(default_pipeline=NO_PIPELINE)
    live = LiveIndex(behind=(current,), kept_pipelines=(kept("former", own=True, used=True),))
    wanted = replace(WANTED, pipeline_id=NO_PIPELINE)
    assert plan(live, wanted) == Step(action="take pipelines away", targets=("former",))
    to_migrate = replace(live, behind=(made(OTHER, default_pipeline=NO_PIPELINE),))
    assert plan(to_migrate, wanted).action == "migrate"


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
    step = plan(LiveIndex(behind=(made(),)), wanted)
    assert step.action == "migrate"
    assert next(iter(change)) in step.why


def test_another_commit_of_the_same_file_changes_nothing() -> None:
    wanted = replace(WANTED, revision="0123456789")
    assert plan(LiveIndex(behind=(made(),)), wanted).action == "nothing"


def test_a_migration_goes_on_with_what_an_earlier_run_left() -> None:
    live = LiveIndex(behind=(made(OTHER),), beside=(begun(),))
    unfinished = plan(live, WANTED).unfinished
    assert unfinished is not None
    assert unfinished.index == "jina-demo-768-2"


@pytest.mark.parametrize(("keep", "deleted"), [(0, [2, 1]), (1, [1]), (2, []), (9, [])])
def test_as_many_former_generations_are_kept_as_are_set(keep: int, deleted: list[int]) -> None:
    live = LiveIndex(behind=(made(counter=4),), beside=FORMER)
    step = plan(live, replace(WANTED, keep_generations=keep))
    assert sorted(step.targets) == sorted(f"jina-demo-256-{counter}" for counter in deleted)
