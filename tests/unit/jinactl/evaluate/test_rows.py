"""The recommended row takes the least memory of those that cannot be told from the best."""

import re

import pytest

from jinactl.evaluate.measures import Estimate
from jinactl.evaluate.rows import EXACT, Row, bytes_of, recommend


def estimate(mean: float, below: float, half_width: float) -> Estimate:
    around = (mean - half_width, mean + half_width)
    return Estimate(mean, around, below, (below - half_width, below + half_width) if below else (0.0, 0.0))


def row(
    dims: int,
    option: str = "int8_hnsw",
    *,
    quant: str = "F16",
    below: float = 0.0,
    width: float = 0.01,
    recall_below: float = 0.0,
    speed: float = 10.0,
) -> Row:
    return Row(
        quant=quant,
        dims=dims,
        index_option=option,
        ndcg=estimate(0.8 - below, below, width),
        recall=estimate(0.9 - recall_below, recall_below, width),
        bytes=bytes_of(dims, option),
        query_ms=5.0,
        documents_per_second=speed,
    )


BEST = row(768)


@pytest.mark.parametrize(
    ("rows", "chosen", "reason"),
    [
        ([BEST, row(256, below=0.005)], 1, r"within the interval of the best \(F16, 768 dims, int8_hnsw\) at 0.39 of"),
        ([BEST, row(256, below=0.011)], 0, "the best, and nothing that takes less memory is as good"),
        ([BEST, row(256, below=0.03, width=0.2)], 0, "the best, and nothing"),
        ([BEST, row(256, recall_below=0.1)], 0, "the best, and nothing"),
        ([BEST, row(256, EXACT)], 0, "the best, and nothing"),
        ([row(768, EXACT), row(768, below=0.001)], 1, "at 0.27 of the memory"),
        ([row(768, EXACT), row(768, below=0.1)], 1, "the best of what can be set, and 0.100 of nDCG@10 below F16"),
        ([row(768, EXACT), row(256, EXACT, below=0.1)], 0, "the best, and nothing"),
        ([BEST, row(768, quant="Q6_K", below=0.001, speed=20.0)], 1, "2.00 times its documents a second"),
    ],
)  # fmt: skip
def test_one_row_is_recommended_with_its_reason(rows: list[Row], chosen: int, reason: str) -> None:
    found = recommend(rows, queries=300)

    assert found.row is rows[chosen]
    assert re.search(reason, found.line)


def test_few_queries_are_said_to_be_few() -> None:
    assert "With 20 queries the intervals are wide" in recommend([BEST], queries=20).line
    assert "queries" not in recommend([BEST], queries=100).line


@pytest.mark.parametrize(
    ("option", "size"),
    [
        ("hnsw", 4 * 256 + 64),
        ("flat", 4 * 256),
        (EXACT, 4 * 256),
        ("int8_hnsw", 260 + 64),
        ("int8_flat", 260),
        ("int4_hnsw", 132 + 64),
        ("bbq_hnsw", 46 + 64),
        ("bbq_flat", 46),
    ],
)
def test_memory_is_by_elastics_formulas(option: str, size: int) -> None:
    assert bytes_of(256, option) == size
