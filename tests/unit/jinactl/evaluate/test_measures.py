"""Rankings are measured by the known formulas, and differences by a bootstrap that pairs the queries."""

import math

import numpy as np
import pytest

from jinactl.evaluate.measures import estimate, ndcg_of, recall_of

JUDGEMENTS = {"a": {"1": 1}, "b": {"1": 1, "2": 1}}


@pytest.mark.parametrize(
    ("ranking", "ndcg", "recall"),
    [
        ({"a": ["1"], "b": ["2", "1"]}, [1.0, 1.0], [1.0, 1.0]),
        ({"a": ["3", "1"], "b": ["1"]}, [1 / math.log2(3), 1 / (1 + 1 / math.log2(3))], [1.0, 0.5]),
        ({"a": ["3", "4"]}, [0.0, 0.0], [0.0, 0.0]),
        ({"a": [*map(str, range(20, 30)), "1"], "b": ["1", "2"]}, [0.0, 1.0], [1.0, 1.0]),
    ],
)
def test_measures_are_those_of_the_literature(
    ranking: dict[str, list[str]], ndcg: list[float], recall: list[float]
) -> None:
    shown = {query: found[:10] for query, found in ranking.items()}

    assert ndcg_of(shown, JUDGEMENTS, ["a", "b"]) == pytest.approx(ndcg)
    assert recall_of(ranking, JUDGEMENTS, ["a", "b"]) == pytest.approx(recall)


def test_a_small_difference_on_every_query_is_certain_where_the_means_are_not() -> None:
    best = np.random.default_rng(1).random(200)

    found = estimate([best, best - 0.01])

    low, high = found[1].below_interval
    assert low == pytest.approx(0.01)
    assert high == pytest.approx(0.01)
    assert found[1].interval[1] > found[0].interval[0]
    assert found[0].below == 0.0


def test_the_interval_is_that_of_the_mean() -> None:
    scores = np.random.default_rng(2).normal(0.5, 0.1, 400)

    low, high = estimate([scores])[0].interval

    assert (low + high) / 2 == pytest.approx(scores.mean(), abs=0.001)
    assert high - low == pytest.approx(2 * 1.96 * 0.1 / 20, rel=0.1)


def test_the_same_numbers_give_the_same_intervals() -> None:
    rows = [np.random.default_rng(seed).random(50) for seed in range(3)]

    assert estimate(rows) == estimate(rows)
