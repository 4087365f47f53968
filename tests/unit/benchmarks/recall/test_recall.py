"""Recall: its measure, the exact answers, and that the page, the file and the code agree."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.recall.__main__ import PAGE, RESULTS
from benchmarks.recall.measurement import Measured, recall
from benchmarks.recall.report import BEGIN, as_searched, enough, lines_of
from benchmarks.recall.vectors import clustered
from benchmarks.server.report import with_tables
from components.elasticsearch.embedding.candidates import EFFORTS, ENOUGH

RECORDED = json.loads(RESULTS.read_text())
FOUND = [Measured(**row) for row in RECORDED["recall"]]
INDICES = sorted({(one.options, one.dims, one.documents, one.cluster_size) for one in FOUND})


@pytest.mark.parametrize(
    ("found", "size", "share"),
    [([[1, 2, 3]], 3, 1.0), ([[3, 2, 1]], 1, 0.0), ([[3, 2, 9]], 3, 2 / 3), ([[]], 3, 0.0)],
)
def test_recall_is_the_share_of_the_exact_first_ones_whatever_their_order(
    found: list[list[int]], size: int, share: float
) -> None:
    assert recall([[1, 2, 3]], found, size) == pytest.approx(share)


def test_the_exact_answers_are_those_of_comparing_with_every_vector() -> None:
    corpus = clustered(32, 300, 5)
    cosines = np.einsum("qd,nd->qn", corpus.queries, corpus.documents[:200])
    expected = [[int(one) for one in np.argsort(-row)[:10]] for row in cosines]
    assert corpus.exact(200, 10) == expected
    assert np.array_equal(clustered(32, 300, 5).documents, corpus.documents)


def test_the_table_of_the_document_is_that_of_the_file() -> None:
    page = PAGE.read_text()
    assert page == with_tables(page, lines_of(RECORDED), BEGIN), "run `python -m benchmarks.recall --render`"


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_what_the_project_asks_for_was_measured_to_find_enough(index: tuple[str, int, int, int]) -> None:
    """Holds the table of candidates to its source: another number there needs another measurement."""
    found = [one for one in FOUND if (one.options, one.dims, one.documents, one.cluster_size) == index]
    searched = as_searched(index[0], found)
    assert searched is not None
    assert min(searched.recall.values()) >= ENOUGH


def test_every_way_to_keep_vectors_was_measured_but_the_exact_one() -> None:
    assert {one.options for one in FOUND} == EFFORTS.keys() - {"flat"}


def test_enough_is_the_least_that_finds_enough_of_each_number_of_hits() -> None:
    one = FOUND[0]
    few, good = {"1": 1.0, "3": 1.0, "10": ENOUGH - 0.01}, {"1": 1.0, "3": ENOUGH, "10": ENOUGH}
    found = [
        replace(one, rescored=number, recall=part) for number, part in ((0, few), (30, good), (100, good))
    ]
    assert enough(found) == 30
    assert enough(found[:1]) is None
