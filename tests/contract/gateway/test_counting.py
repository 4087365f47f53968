"""What an ingest asks the gateway: the tokens of a text, and why a text is refused."""

import pytest

from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import EmbeddingRefusedError
from jinactl.ingest.refusals import in_words
from tests.contract.gateway.conftest import Lanes
from tests.contract.gateway.running import CONTEXT, MODEL


def embedder(lanes: Lanes) -> Embedder:
    return Embedder(url=f"{lanes.gateway.url}/v1/embeddings", model=MODEL, dims=8)


def test_the_tokens_of_a_text_are_counted_without_those_that_the_model_puts_around_it(lanes: Lanes) -> None:
    assert embedder(lanes).count_tokens("three short words") == 3


@pytest.mark.parametrize("before", [0, 3])
def test_a_text_that_is_too_long_is_told_with_its_tokens_and_the_others_are_embedded(
    before: int, lanes: Lanes
) -> None:
    texts = ["short"] * before + ["word " * (CONTEXT + 5)]
    *vectors, refused = embedder(lanes).embed_each(texts)
    assert all(isinstance(one, list) for one in vectors)
    assert isinstance(refused, EmbeddingRefusedError)
    # With the document's prefix, and a token before and one after.
    assert (
        in_words(str(refused))
        == f"too long: {CONTEXT + 8} tokens, and the server takes {CONTEXT}; --chunk splits it"
    )
