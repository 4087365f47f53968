"""The arithmetic of the model, against the shape of the model that is measured."""

import pytest

from benchmarks.server.limit import flop_per_token
from sandbox.models.eurobert import FULL


@pytest.mark.parametrize("tokens", [1, 16, 2048])
def test_a_token_is_multiplied_with_every_weight_of_the_layers_and_with_every_other_token(
    tokens: int,
) -> None:
    weights = FULL.layers * (4 * FULL.width**2 + 3 * FULL.width * FULL.feed_forward)
    attention = 2 * 2 * FULL.layers * FULL.width * tokens

    assert flop_per_token(tokens) == pytest.approx(2 * weights + attention, rel=1e-3)
