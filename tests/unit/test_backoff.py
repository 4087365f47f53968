"""Pauses between attempts: how long they get, and when they end."""

import pytest

from components.backoff import Backoff, Patience


@pytest.mark.parametrize(
    ("patience", "expected"),
    [
        (Patience(limit=10, first_pause=1, longest_pause=4), [1, 2, 4]),
        (Patience(limit=11, first_pause=1, longest_pause=4), [1, 2, 4, 4]),
        (Patience(retries=2, first_pause=1), [1, 2]),
        (Patience(limit=0), []),
        (Patience(retries=0), []),
    ],
)
def test_pauses_double_until_patience_is_over(
    slept: list[float], patience: Patience, expected: list[float]
) -> None:
    backoff = Backoff(patience)
    while backoff.again():
        pass
    assert slept == expected
    assert backoff.failures == len(expected) + 1


def test_success_begins_anew(slept: list[float]) -> None:
    backoff = Backoff(Patience(limit=3, first_pause=1))
    assert backoff.again()
    assert backoff.again()
    backoff.reset()
    assert backoff.again()
    assert slept == [1, 2, 1]


def test_a_failure_may_have_a_limit_of_its_own(slept: list[float]) -> None:
    backoff = Backoff(Patience(limit=100, first_pause=1))
    assert backoff.again(limit=1)
    assert not backoff.again(limit=1)
    assert backoff.again()
    assert slept == [1, 4]


def test_who_is_told_to_wait_longer_waits_longer() -> None:
    backoff = Backoff(Patience(first_pause=1))
    assert backoff.next_pause(at_least=7) == 7
    assert backoff.next_pause(at_least=1) == 2
