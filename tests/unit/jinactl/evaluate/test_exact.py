"""Vectors are cut as the gateway cuts them, and the nearest ones are found without an index."""

import numpy as np
import pytest
from gateway.rules import cut as cut_of_the_gateway

from jinactl.evaluate.exact import cut, nearest

VECTORS = np.random.default_rng(3).normal(size=(50, 96)).astype(np.float32)


@pytest.mark.parametrize("dims", [1, 32, 96])
def test_vectors_are_cut_as_the_gateway_cuts(dims: int) -> None:
    with_zeros = np.concatenate([VECTORS, np.zeros((1, 96), np.float32)])

    assert np.array_equal(cut(with_zeros, dims), cut_of_the_gateway(with_zeros, dims))


@pytest.mark.parametrize("most", [1, 10, 50, 100])
def test_the_nearest_come_first(most: int) -> None:
    query = VECTORS[7]

    found = nearest(VECTORS, query, most)

    assert found == list(np.argsort(-(VECTORS @ query), kind="stable"))[:most]
    assert len(found) == min(most, 50)


def test_of_equal_ones_the_first_row_comes_first() -> None:
    same = np.ones((20, 4), np.float32)

    assert nearest(same, same[0], 20) == list(range(20))
