"""The bars for searches through a node while documents are indexed."""

import pytest

from benchmarks.lanes.load import Outcome
from benchmarks.lanes.node import Through


@pytest.mark.parametrize(
    ("busy", "failed", "refused", "missed"),
    [
        (0.05, 0, 0, []),
        (0.07, 0, 0, ["p95 of a search under load is more than 3 times that of an idle stack"]),
        (0.05, 1, 0, ["searches failed"]),
        (0.05, 0, 1, ["documents were refused"]),
    ],
)
def test_each_bar_that_was_missed_is_named(busy: float, failed: int, refused: int, missed: list[str]) -> None:
    through = Through(
        idle=Outcome(seconds=[0.02] * 100, failed=0, documents=0.0, refused=0),
        busy=Outcome(seconds=[busy] * 100, failed=failed, documents=4.0, refused=refused),
        seconds=10.0,
        reasons=[],
    )
    assert through.missed() == missed
