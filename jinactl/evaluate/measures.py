"""How good rankings are, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jinactl.evaluate.queries import Judgements

if TYPE_CHECKING:
    from ir_measures import Measure

Scores = NDArray[np.float64]
"""One number for each query, in the order of the queries."""
Ranking = Mapping[str, Sequence[str]]
"""Ids of the documents found, the best first, by the id of the query."""
Interval = tuple[float, float]

SHOWN, DEEP = 10, 100
"""How many hits nDCG looks at, and how many recall does."""
ROUNDS = 10_000
SEED = 16
AT_ONCE = 500
"""Rounds of the bootstrap in one product of matrices."""


@dataclass(frozen=True)
class Estimate:
    """A mean over all queries, its 95% interval, how far it is below the best row's, and the interval of that."""

    mean: float
    interval: Interval
    below: float
    below_interval: Interval


def ndcg_of(ranking: Ranking, judgements: Judgements, queries: Sequence[str]) -> Scores:
    """Return nDCG@10 of each query."""
    import ir_measures  # noqa: PLC0415 (an extra, which the command has asked for by now)

    return _scores(ir_measures.nDCG @ SHOWN, ranking, judgements, queries)


def recall_of(ranking: Ranking, judgements: Judgements, queries: Sequence[str]) -> Scores:
    """Return recall@100 of each query."""
    import ir_measures  # noqa: PLC0415

    return _scores(ir_measures.R @ DEEP, ranking, judgements, queries)


def _scores(measure: "Measure", ranking: Ranking, judgements: Judgements, queries: Sequence[str]) -> Scores:
    import ir_measures  # noqa: PLC0415

    wanted = {query: dict(judgements[query]) for query in queries}
    # The place decides, not the score: what an index returned stays in its order where scores are equal.
    run = {
        query: {document: float(-place) for place, document in enumerate(found)}
        for query, found in ranking.items()
    }
    found = {one.query_id: float(one.value) for one in ir_measures.iter_calc([measure], wanted, run)}
    return np.array([found.get(query, 0.0) for query in queries])


def estimate(rows: Sequence[Scores]) -> list[Estimate]:
    """Return an estimate for each row, with the row of the highest mean as the best.

    A paired bootstrap, seeded: each round draws queries with replacement, the same ones for every row. What is common
    to all rows, such as that some queries are hard, is no part of a difference.
    """
    scores = np.stack(rows)
    count = scores.shape[1]
    best = int(np.argmax(scores.mean(axis=1)))
    random = np.random.default_rng(SEED)
    means = np.concatenate(
        [
            random.multinomial(count, np.full(count, 1 / count), size=AT_ONCE) @ scores.T / count
            for _ in range(ROUNDS // AT_ONCE)
        ]
    )
    return [
        Estimate(
            mean=float(scores[row].mean()),
            interval=_interval(means[:, row]),
            below=float(scores[best].mean() - scores[row].mean()),
            below_interval=_interval(means[:, best] - means[:, row]),
        )
        for row in range(len(rows))
    ]


def _interval(drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)
