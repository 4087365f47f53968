"""Engines are measured in turn, and compared within a round."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from benchmarks.peers.accuracy import Accuracy, agreement
from benchmarks.peers.comparison import CELLS, Cell, Rate, compare
from benchmarks.peers.engines import Embeddings
from benchmarks.peers.started import Started
from benchmarks.server.servers import Running

HERE = Running("", os.getpid(), 1.234)


def rates(*seconds: float) -> list[Rate]:
    return [Rate(second=one, cpu_second=one / 2) for one in seconds]


@dataclass(frozen=True)
class Double(Started):
    """An engine that writes down when it is asked, and uses a second for it."""

    name: str = "engine"
    asked: list[tuple[str, int]] = field(default_factory=list)
    running: Running = HERE

    def tokens_per_second(self, tokens: int, texts: int) -> float:
        self.asked.append((self.name, tokens))
        return 25.0 * texts

    def embed(self, texts: Sequence[Sequence[int]]) -> Embeddings:
        return np.zeros((len(texts), 1), np.float32)

    def cpu_seconds(self) -> float:
        return float(len(self.asked))


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
