"""The switch of a lane: no request is lost, and it ends when the server before has nothing more to answer."""

import threading
import time
from pathlib import Path

import pytest

from tests.contract.gateway.running import WIDTH, double, gateway
from tests.fixtures.load import Load

SWITCHES = 20
GONE = {"status": 500, "answer": "nobody is here any more"}


def test_no_request_fails_in_20_switches_under_load() -> None:
    """A server fails every request from the moment in which the switch away from it has ended."""
    with gateway(MODEL="any") as one, double() as first, double() as second:
        for lane in ("queries", "documents"):
            one.use(lane, first)
        first.behave(seconds=0.02)
        with (
            Load(f"{one.url}/query/v1/embeddings", WIDTH, clients=3) as queries,
            Load(f"{one.url}/document/v1/embeddings", WIDTH, clients=3) as documents,
        ):
            for number in range(SWITCHES):
                old, new = (first, second) if number % 2 == 0 else (second, first)
                new.behave(seconds=0.02)
                one.use("queries", new)
                one.use("documents", new)
                old.behave(**GONE)
                time.sleep(0.2)
    assert queries.failed == documents.failed == []
    assert queries.answered > SWITCHES
    assert documents.answered > SWITCHES


def test_a_switch_ends_with_the_last_request_to_the_server_before() -> None:
    with gateway() as one, double() as old, double() as new:
        one.use("documents", old)
        old.behave(seconds=1.5)
        answered: list[float] = []

        def ask() -> None:
            assert one.ask("/document/v1/embeddings", {"input": ["a"] * 40}).ok
            answered.append(time.monotonic())

        client = threading.Thread(target=ask)
        client.start()
        time.sleep(0.5)
        began = time.monotonic()
        one.use("documents", new)
        ended = time.monotonic()
        client.join()
        assert ended - began > 0.5
        assert abs(ended - answered[0]) < 0.5
        assert new.inputs() == []


def test_a_switch_waits_no_longer_than_it_is_told_and_new_requests_go_to_the_new_server_at_once() -> None:
    with gateway() as one, double() as old, double() as new:
        one.use("queries", old)
        old.behave(seconds=5)
        client = threading.Thread(target=one.ask, args=("/query/v1/embeddings", {"input": "slow"}))
        client.start()
        time.sleep(0.3)
        began = time.monotonic()
        done = one.use_server("queries", new.address, 0.5)
        assert time.monotonic() - began < 3
        assert (done.returncode, "still being answered" in done.stderr) == (0, True)
        assert one.ask("/query/v1/embeddings", {"input": "fast"}).ok
        assert new.inputs() == ["Query: fast"]
        client.join()


@pytest.mark.parametrize(
    ("lane", "name", "said"),
    [
        ("queries", "127.0.0.1:1", "does not answer"),
        ("queries", "no-such-container", "does not answer"),
        ("others", "server", "queries, documents"),
        ("queries", "server/../x", "no name"),
        ("queries", "-server", "no name"),
        ("queries", "a b", "no name"),
        ("queries", "", "no name"),
        ("queries", "server:99999999", "no name"),
    ],
)
def test_a_lane_stays_with_its_server_where_the_other_is_none(lane: str, name: str, said: str) -> None:
    with gateway() as one, double() as server:
        one.use("queries", server)
        done = one.use_server(lane, name)
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr
        assert one.ask("/query/v1/embeddings", {"input": "a"}).ok


def test_the_lanes_ask_the_same_servers_after_a_restart(tmp_path: Path) -> None:
    with double() as queries, double() as documents:
        with gateway(tmp_path) as one:
            one.use("queries", queries)
            one.use("documents", documents)
        with gateway(tmp_path) as again:
            assert again.ask("/query/v1/embeddings", {"input": "a"}).ok
            assert again.ask("/document/v1/embeddings", {"input": "b"}).ok
        assert (queries.inputs(), documents.inputs()) == (["Query: a"], ["Document: b"])


def test_what_was_begun_is_finished_when_the_gateway_is_told_to_end() -> None:
    with gateway() as one, double() as server:
        one.use("queries", server)
        server.behave(seconds=1)
        answers = []
        client = threading.Thread(
            target=lambda: answers.append(one.ask("/query/v1/embeddings", {"input": "a"}).status_code)
        )
        client.start()
        time.sleep(0.4)
        one.said()
        client.join()
        assert answers == [200]
        assert one.process.returncode == 0
