"""The rows of the table, and the one that is recommended."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinactl.evaluate.measures import Estimate

EXACT = "exact"
"""Search without an index, as the standard that index options are held against; no setting of a stack."""

TOLERATED = 0.02
"""How much lower than the best a mean may be: with few queries the interval alone would let anything pass."""

FEW = 100
"""Queries below which intervals are wide."""

GRAPH = 64
"""Bytes of a document in the graph of an HNSW index: 16 neighbours of 4 bytes."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured of one combination.

    `bytes` is the memory of a document for fast searches, `query_ms` the median time of a query, embedding included,
    `documents_per_second` how fast documents are embedded.
    """

    quant: str
    dims: int
    index_option: str
    ndcg: Estimate
    recall: Estimate
    bytes: int
    query_ms: float
    documents_per_second: float

    @property
    def name(self) -> str:
        """The combination in words."""
        return f"{self.quant}, {self.dims} dims, {self.index_option}"

    @property
    def is_as_good(self) -> bool:
        """Whether it can't be told from the best row: not by nDCG@10, and not by recall@100."""
        return _within(self.ndcg) and _within(self.recall)


@dataclass(frozen=True)
class Recommendation:
    """The row to choose, and why."""

    row: Row
    reason: str

    @property
    def line(self) -> str:
        """The one line that people read."""
        return f"{self.row.name}: {self.reason}"


def bytes_of(dims: int, index_option: str) -> int:
    """Return the bytes of a document's vector in memory, with its place in the graph, by Elastic's own formulas."""
    kind, _, structure = index_option.partition("_")
    if index_option in ("hnsw", "flat", EXACT):
        kind, structure = "float", index_option
    vector = {"float": 4 * dims, "int8": dims + 4, "int4": (dims + 1) // 2 + 4, "bbq": (dims + 7) // 8 + 14}[
        kind
    ]
    return vector + (GRAPH if structure == "hnsw" else 0)


def recommend(rows: Sequence[Row], queries: int) -> Recommendation:
    """Return the row with the least memory among those that are as good as the best one.

    The exact search is a standard and not for choosing, unless nothing else was measured.
    """
    best = max(rows, key=lambda row: (row.ndcg.mean, row.recall.mean))
    choosable = [row for row in rows if row.index_option != EXACT] or list(rows)
    good = [row for row in choosable if row.is_as_good]
    if not good:
        chosen = max(choosable, key=lambda row: (row.ndcg.mean, row.recall.mean))
        lost = best.ndcg.mean - chosen.ndcg.mean
        reason = f"the best of what can be set, and {lost:.3f} of nDCG@10 below {best.name}"
        return Recommendation(chosen, reason + _caution(queries))
    chosen = min(good, key=lambda row: (row.bytes, -row.documents_per_second, row.query_ms, -row.ndcg.mean))
    if chosen is best:
        reason = "the best, and nothing that takes less memory is as good"
    else:
        reason = (
            f"within the interval of the best ({best.name}) at {chosen.bytes / best.bytes:.2f} of the memory"
        )
        gained = chosen.documents_per_second / best.documents_per_second
        if chosen.quant != best.quant:
            reason += f", and {gained:.2f} times its documents a second"
    return Recommendation(chosen, reason + _caution(queries))


def _within(found: Estimate) -> bool:
    """Tell whether the best may be no better, by the interval, and is not much better, by the mean."""
    return found.below_interval[0] <= 0 and found.below <= TOLERATED


def _caution(queries: int) -> str:
    return f". With {queries} queries the intervals are wide: more may say otherwise" if queries < FEW else ""
