"""How texts are made, and how what is embedded of them is counted."""

from collections.abc import Iterator
from itertools import count, islice

import pytest

from jinactl.bench.load import Amount, Load, Target, embed_for
from jinactl.bench.texts import Texts
from tests.fixtures.embedding_server import EmbeddingServer, embedding_server, tokens_of


@pytest.fixture
def model() -> Iterator[EmbeddingServer]:
    with embedding_server() as double:
        yield double


@pytest.mark.parametrize("tokens", [16, 128, 2048])
def test_texts_have_about_as_many_tokens_as_are_wanted_and_are_never_the_same(tokens: int) -> None:
    made = list(islice(Texts(tokens_of).of(tokens), 20))
    assert sum(map(tokens_of, made)) / len(made) == pytest.approx(tokens, rel=0.1)
    assert len(set(made)) == len(made)


def test_a_model_that_finds_no_tokens_still_gets_texts() -> None:
    assert next(Texts(lambda _: 0).of(1))


def test_each_of_the_threads_embeds_at_least_once_and_goes_on_while_there_is_time(
    model: EmbeddingServer,
) -> None:
    target = Target(url=model.url, model="m", prefix="Document: ")
    ticks = count()
    found = embed_for(target, Texts(tokens_of), Load(tokens=16, at_once=2), 0, clock=lambda: next(ticks))
    assert found.tokens == 2 * 16
    assert len(model.texts) == 2
    assert all(one.startswith("Document: ") for one in model.texts)

    ticks = count()
    more = embed_for(target, Texts(tokens_of), Load(tokens=16, at_once=1), 3, clock=lambda: next(ticks))
    assert (more.tokens, more.seconds) == (3 * 16, 4)


def test_amounts_are_added_before_their_rate_is_told() -> None:
    assert (Amount(100, 1.0) + Amount(100, 3.0)).rate == 50
    assert Amount(0, 0.0).rate == 0
