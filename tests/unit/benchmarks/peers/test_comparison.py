"""Engines are measured in turn, and compared within a round."""

import numpy as np
import pytest

from benchmarks.peers.accuracy import Accuracy, agreement
from benchmarks.peers.comparison import CELLS, Cell, Rate, compare
from benchmarks.peers.started import Started
from tests.unit.benchmarks.peers.double import Double


def rates(*seconds: float) -> list[Rate]:
    return [Rate(second=one, cpu_second=one / 2) for one in seconds]


def test_a_ratio_is_the_median_of_those_within_a_round() -> None:
    cell = Cell(tokens=16, texts=4, rounds=rates(100, 400, 90), base=rates(50, 100, 30))

    assert cell.median(lambda one: one.second) == 100
    assert cell.ratio(lambda one: one.second) == 3
    assert cell.ratio(lambda one: one.cpu_second) == 3


def test_each_is_warm_before_it_counts_and_goes_first_in_turn() -> None:
    asked: list[tuple[str, int]] = []

    found = compare(Double(name="engine", asked=asked), Double(name="base", asked=asked), rounds=2)

    order = [name for name, tokens in asked if tokens == 128]
    assert order == ["engine", "base", "engine", "base", "base", "engine"]
    assert [(cell.tokens, cell.texts) for cell in found.cells] == list(CELLS)
    assert found.seconds_to_first_embedding == 1.23
    assert found.cell(16).rounds == [Rate(second=100.0, cpu_second=1536.0)] * 2


def test_the_computing_of_a_process_is_told_by_the_kernel() -> None:
    before = Started.cpu_seconds(Double())
    assert sum(number * number for number in range(1_000_000)) > 0

    assert 0 < Started.cpu_seconds(Double()) - before < 10


@pytest.mark.parametrize(
    ("vectors", "expected"),
    [
        ([[1, 0], [0, 1]], Accuracy(worst=1.0, mean=1.0)),
        ([[5, 0], [0, 2]], Accuracy(worst=1.0, mean=1.0)),
        ([[3, 4], [0, 1]], Accuracy(worst=0.6, mean=0.8)),
        ([[1, 0], [0, -1]], Accuracy(worst=-1.0, mean=0.0)),
    ],
    ids=["the same", "other lengths", "one is turned", "one is opposite"],
)
def test_the_worst_text_counts_beside_the_mean(vectors: list[list[float]], expected: Accuracy) -> None:
    reference = np.array([[1, 0], [0, 1]], np.float32)
    assert agreement(np.array(vectors, np.float32), reference) == expected
