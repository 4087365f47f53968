"""Reciprocal rank fusion, with the order of Elasticsearch's `rrf` retriever to the tie.

Each ranking gives its document of rank r the score 1 / (RANK_CONSTANT + r). Elasticsearch adds up in single precision,
in the order of the rankings, and orders equal sums by shard and then by the document's number in the shard.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

RANK_CONSTANT = 60
"""Elasticsearch's own default, as in the paper that proposed the fusion."""


@dataclass(frozen=True)
class Ranked:
    """A document in a ranking; `tie` is its `_shard_doc`: the shard in the upper half, the document in the lower."""

    id: str
    tie: int


@dataclass(frozen=True)
class Fused:
    """A document by its fused score; `ranks` are those in each ranking, from 1, None where it is in none."""

    id: str
    score: float
    ranks: tuple[int | None, ...]


def fuse(rankings: Sequence[Sequence[Ranked]], size: int) -> list[Fused]:
    """Return the best `size` documents of all rankings, each of which has its best first and no document twice."""
    scores: dict[str, float] = {}
    ties: dict[str, int] = {}
    ranks: dict[str, list[int | None]] = {}
    for place, ranking in enumerate(rankings):
        for rank, one in enumerate(ranking, start=1):
            scores[one.id] = _single(scores.get(one.id, 0.0) + _single(1 / (RANK_CONSTANT + rank)))
            ties.setdefault(one.id, one.tie)
            ranks.setdefault(one.id, [None] * len(rankings))[place] = rank
    best = sorted(scores, key=lambda id_: (-scores[id_], ties[id_]))[:size]
    return [Fused(id_, scores[id_], tuple(ranks[id_])) for id_ in best]


def _single(number: float) -> float:
    """Round to single precision, which after one addition or division is what computing in it gives."""
    rounded: float = struct.unpack("f", struct.pack("f", number))[0]
    return rounded
