"""What is made of figures: ratios pair by pair, medians, and the share of the hardware's limit."""

import pytest

from benchmarks.server import limit
from benchmarks.server.comparison import Measured, cells, ratio, rotated
from benchmarks.server.load import Speed, document, documents_of


def measured(*speeds: float, refused: str = "") -> Measured:
    return Measured(
        "any",
        16,
        1,
        tuple(Speed(tokens_per_second=one, median_seconds=0.1, refused=refused) for one in speeds),
    )


@pytest.mark.parametrize(
    ("mine", "others", "expected"),
    [
        ((100, 100, 100), (50, 100, 200), 1.0),
        # A machine that became twice as slow after the first round changes no ratio.
        ((200, 100, 100), (100, 50, 50), 2.0),
        ((97, 97, 97), (100, 100, 100), 0.97),
    ],
)
def test_a_ratio_is_taken_round_by_round(
    mine: tuple[float, ...], others: tuple[float, ...], expected: float
) -> None:
    assert ratio(measured(*mine), measured(*others)) == pytest.approx(expected)


def test_there_is_no_ratio_to_a_server_that_refuses() -> None:
    assert ratio(measured(100.0), measured(0.0, refused="HTTP 500: too large")) is None


def test_a_figure_is_the_median_of_its_rounds() -> None:
    assert measured(10, 500, 30).tokens_per_second == 30
    assert measured(10, 20).milliseconds == pytest.approx(100)


def test_every_length_is_measured_with_every_number_of_clients() -> None:
    assert cells((16, 128), (1, 4)) == [(16, 1), (16, 4), (128, 1), (128, 4)]


@pytest.mark.parametrize(
    ("tokens", "clients", "inputs", "documents"),
    [
        (16, 1, 1, 94),
        (16, 16, 1, 96),
        (512, 4, 1, 4),
        (2048, 1, 1, 1),
        (2048, 16, 1, 16),
        (16, 1, 32, 96),
    ],
)
def test_every_client_gets_as_much_to_do_and_none_waits_for_the_others(
    tokens: int, clients: int, inputs: int, documents: int
) -> None:
    assert documents_of(tokens, clients, inputs) == documents


def test_a_document_has_a_character_less_than_tokens() -> None:
    assert [len(document(tokens)) for tokens in (16, 2048)] == [15, 2047]


@pytest.mark.parametrize(("tokens", "millions"), [(128, 231), (512, 245), (2048, 302), (8192, 528)])
def test_the_work_of_a_token_grows_with_the_document(tokens: int, millions: int) -> None:
    assert limit.flop_per_token(tokens) / 1e6 == pytest.approx(millions, abs=0.5)


def test_the_share_of_the_limit_is_the_work_done_of_the_work_possible() -> None:
    assert limit.share(512, 400, 2 * 400 * limit.flop_per_token(512)) == pytest.approx(0.5)


def test_rounds_that_cannot_be_paired_are_not_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio(measured(100, 100), measured(100))


def test_each_server_is_asked_first_in_its_turn() -> None:
    assert [rotated(["a", "b", "c"], number) for number in range(4)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    ]
