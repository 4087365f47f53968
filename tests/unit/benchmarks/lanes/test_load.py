"""Queries come at their time, however late answers are, and what failed counts as never answered."""

import time

import pytest
import requests

from benchmarks.lanes.load import EVERY, Outcome, ask, measured


def answer(status: int) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    return made


def slow(seconds: float, status: int = 200) -> requests.Response:
    time.sleep(seconds)
    return answer(status)


def test_slow_answers_do_not_hold_up_the_next_query() -> None:
    began = time.monotonic()
    answered, failed = ask(lambda _session, _number: slow(0.5), lambda: time.monotonic() - began >= 0.45)
    assert len(answered) == 5
    assert not failed
    assert min(answered) >= 0.5


def test_other_statuses_and_lost_connections_are_failures() -> None:
    def query(_session: requests.Session, number: int) -> requests.Response:
        if number == 1:
            raise requests.ConnectionError
        return answer(500 if number == 2 else 200)

    began = time.monotonic()
    answered, failed = ask(query, lambda: time.monotonic() - began >= 3.5 * EVERY)
    assert len(answered) == 2
    assert sorted(failed) == [1, 2]


@pytest.mark.parametrize(
    ("answered", "failed", "p50", "p95"),
    [(20, 0, 0.1, 0.1), (20, 1, 0.1, 0.1), (19, 1, 0.1, float("inf")), (9, 11, float("inf"), float("inf"))],
)
def test_a_percentile_counts_those_that_were_never_answered(
    answered: int, failed: int, p50: float, p95: float
) -> None:
    outcome = Outcome(seconds=[0.1] * answered, failed=failed, documents=0.0, refused=0)
    assert (outcome.p50, outcome.p95) == (p50, p95)


def test_documents_are_counted_while_queries_are_asked() -> None:
    outcome = measured(
        lambda _session, _number: answer(200), 0.3, lambda _session, _number: slow(0.05), clients=2
    )
    assert 0 < outcome.documents <= 41
    assert outcome.refused == 0
