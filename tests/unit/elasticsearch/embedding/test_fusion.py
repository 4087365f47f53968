"""Reciprocal rank fusion: against another implementation, and the ties by Elasticsearch's rule."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch.embedding.fusion import Fused, Ranked, fuse

REFERENCE = json.loads((Path(__file__).parents[3] / "fixtures" / "fused_by_ranx.json").read_text())
"""Pairs of rankings, and what ranx makes of each by reciprocal rank fusion with 60 (see fused_by_ranx.py there)."""


def ranking(*ids: str) -> list[Ranked]:
    """Return a ranking of documents whose ids begin with their place in the index."""
    return [Ranked(one, int(one[0])) for one in ids]


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["name"])
def test_scores_and_order_are_those_of_another_implementation(case: dict[str, Any]) -> None:
    places = {one: place for place, one in enumerate(sorted({one for run in case["runs"] for one in run}))}
    runs = [[Ranked(one, places[one]) for one in run] for run in case["runs"]]
    fused = fuse(runs, len(places))
    expected: dict[str, float] = dict(case["fused"])
    assert {one.id: one.score for one in fused} == pytest.approx(expected, rel=1e-6)
    assert [expected[one.id] for one in fused] == sorted(expected.values(), reverse=True)


def test_ranks_are_told_and_no_more_than_asked_for() -> None:
    fused = fuse([ranking("1", "2"), ranking("3", "1")], 2)
    assert [(one.id, one.ranks) for one in fused] == [("1", (1, 2)), ("3", (None, 1))]


def test_equal_scores_go_by_shard_and_then_by_document() -> None:
    second_shard = 1 << 32
    semantic = [Ranked("late", second_shard), Ranked("b", 7)]
    text = [Ranked("early", second_shard - 1), Ranked("a", 3)]
    assert [one.id for one in fuse([semantic, text], 4)] == ["early", "late", "a", "b"]


def test_ranks_that_are_exchanged_are_a_tie() -> None:
    fused = fuse([ranking("2", "1"), ranking("1", "2")], 2)
    assert [one.id for one in fused] == ["1", "2"]
    assert fused[0].score == fused[1].score


def test_scores_are_rounded_to_single_precision_as_elasticsearch_adds() -> None:
    # The float32 next to 1/61 + 1/62, after both were rounded.
    assert fuse([ranking("1"), ranking("2", "1")], 1) == [Fused("1", 0.032522473484277725, (1, 2))]


@pytest.mark.parametrize("runs", [[], [[], []]])
def test_no_rankings_give_nothing(runs: list[list[Ranked]]) -> None:
    assert fuse(runs, 10) == []
