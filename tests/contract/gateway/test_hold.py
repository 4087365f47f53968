"""Several gateways that share their servers: a lane that all of them hold is switched as one."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.contract.gateway.conftest import Doubles, Lanes
from tests.contract.gateway.running import CONTEXT, WIDTH, Gateway, gateway

PATH = "/document/v1/embeddings"
CLIENTS = 3
"""Of each gateway."""


@dataclass(frozen=True)
class Answered:
    """When an answer was asked for, when it came, and how many switches its server knew of."""

    sent: float
    received: float
    switches: int


class Clients:
    """Clients of several gateways, who ask without pause; `failed` holds what each failure was."""

    def __init__(self, urls: list[str]) -> None:
        self.answers: list[Answered] = []
        self.failed: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(url,)) for url in urls * CLIENTS]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, url: str) -> None:
        with requests.Session() as session:
            while not self._over.is_set():
                sent = time.monotonic()
                answer = session.post(f"{url}{PATH}", json={"input": "a"}, timeout=60)
                received = time.monotonic()
                if answer.ok:
                    number = answer.json()["data"][0]["embedding"][0]
                    self.answers.append(Answered(sent, received, round(number * 100)))
                else:
                    self.failed.append(answer.text)

    def in_turn(self) -> int:
        """Count answers of a server before the last that was sent for when an answer of a later one was there."""
        came = sorted(self.answers, key=lambda one: one.received)
        found = newest = position = 0
        for one in sorted(self.answers, key=lambda one: one.sent):
            while came[position].received <= one.sent:
                newest = max(newest, came[position].switches)
                position += 1
            found += one.switches < newest
        return found


@contextmanager
def gateways(folder: Path, number: int = 2) -> Iterator[list[Gateway]]:
    with ExitStack() as stack:
        folders = [folder / str(one) for one in range(number)]
        for one in folders:
            one.mkdir()
        yield [stack.enter_context(gateway(one)) for one in folders]


def switch(folder: Path, number: int, address: str, *, held: bool) -> None:
    """Switch the lane of that many gateways by their sockets, which is faster than by the program."""

    def give(*order: object) -> None:
        for one in range(number):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(folder / str(one) / "socket"))
                connection.sendall(json.dumps(order).encode() + b"\n")
                assert json.loads(connection.makefile().readline()) == [True, ""]
            time.sleep(0.02)  # as there would be between two pods

    if held:
        give("hold", "documents", 30)
    give("use", "documents", address, 30, CONTEXT)
    if held:
        give("release", "documents")
    give("wait", "documents", 30)


def answers_numbered(switches: int) -> dict[str, object]:
    return {"vector": [switches / 100] + [0.0] * (WIDTH - 1), "seconds": 0.01}


@pytest.mark.parametrize(("held", "switches"), [(True, 50), (False, 5)])
def test_answers_of_two_servers_never_alternate_where_all_gateways_hold_the_lane(
    doubles: Doubles, tmp_path: Path, *, held: bool, switches: int
) -> None:
    """Without the hold they do: the same clients see it."""
    doubles[0].behave(**answers_numbered(0))
    with gateways(tmp_path) as both:
        switch(tmp_path, len(both), doubles[0].address, held=False)
        with Clients([one.url for one in both]) as clients:
            for number in range(1, switches + 1):
                new = doubles[number % 2]
                new.behave(**answers_numbered(number))
                switch(tmp_path, len(both), new.address, held=held)
                seen = len(clients.answers)
                while len(clients.answers) < seen + 20 and not clients.failed:
                    time.sleep(0.01)
    assert clients.failed == []
    assert {one.switches for one in clients.answers} == set(range(switches + 1))
    assert (clients.in_turn() == 0) == held


def waiting(one: Gateway, number: int) -> bool:
    return f'gateway_requests_in_flight{{lane="documents"}} {number}.0' in one.get("/metrics").text


def test_a_held_request_counts_among_those_of_its_lane_and_waits_for_the_release(doubles: Doubles) -> None:
    with gateway(AT_ONCE="1", WAITING="1") as one:
        one.use("documents", doubles[0])
        assert one.order("hold", "documents", "60").returncode == 0
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda: answers.append(one.ask(PATH, {"input": "a"}).status_code))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        while not waiting(one, 2):
            time.sleep(0.02)
        full = one.ask(PATH, {"input": "one too many"})
        assert (full.status_code, full.json()["error"]["code"]) == (429, "queue_full")
        one.use("documents", doubles[1])
        assert answers == []
        assert one.order("release", "documents").stderr == ""
        for thread in threads:
            thread.join()
    assert answers == [200, 200]
    assert [double.inputs() for double in doubles] == [[], ["Document: a"] * 2]


def test_a_hold_ends_by_itself_and_can_be_prolonged(doubles: Doubles) -> None:
    with gateway() as one:
        one.use("documents", doubles[0])
        began = time.monotonic()
        one.order("hold", "documents", "0.5")
        one.order("hold", "documents", "2")
        assert one.ask(PATH, {"input": "a"}).ok
        assert time.monotonic() - began > 2
        done = one.order("release", "documents")
        assert (done.returncode, "not held" in done.stderr) == (0, True)


def test_the_answers_of_the_server_before_can_be_waited_for_after_the_release(doubles: Doubles) -> None:
    old, new = doubles
    with gateway() as one:
        one.use("documents", old)
        old.behave(seconds=3)
        client = threading.Thread(target=one.ask, args=(PATH, {"input": "slow"}))
        client.start()
        old.until_asked()
        one.order("hold", "documents", "60")
        done = one.order("use", "documents", new.address, "0", str(CONTEXT))
        assert (done.returncode, "still being answered" in done.stderr) == (0, True)
        one.order("release", "documents")
        assert one.ask(PATH, {"input": "fast"}).ok
        done = one.order("wait", "documents", "0.1")
        assert (done.returncode, "still being answered" in done.stderr) == (0, True)
        assert client.is_alive()
        done = one.order("wait", "documents", "60")
        assert (done.returncode, done.stderr) == (0, "")
        client.join(timeout=1)
        assert not client.is_alive()
    assert new.inputs() == ["Document: fast"]


def test_a_held_lane_stays_with_its_server_and_held_where_the_other_does_not_answer(doubles: Doubles) -> None:
    with gateway() as one:
        one.use("documents", doubles[0])
        one.order("hold", "documents", "60")
        assert one.order("use", "documents", "127.0.0.1:1", "5", "40").returncode == 1
        assert one.order("release", "documents").stderr == ""
        assert one.ask(PATH, {"input": "a"}).ok
    assert doubles[0].inputs() == ["Document: a"]


@pytest.mark.parametrize(
    ("order", "code", "said"),
    [
        (["hold", "documents", "0"], 1, "at most 600 seconds"),
        (["hold", "documents", "nan"], 1, "at most 600 seconds"),
        (["hold", "documents", "601"], 1, "at most 600 seconds"),
        (["hold", "others", "1"], 1, "queries, documents"),
        (["wait", "others", "1"], 1, "queries, documents"),
        (["release", "others"], 1, "queries, documents"),
        (["hold", "documents", "long"], 1, "could not convert"),
        (["hold", "documents"], 2, "use-server hold LANE SECONDS"),
        (["documents"], 2, "use-server hold LANE SECONDS"),
        ([], 2, "use-server hold LANE SECONDS"),
    ],
)
def test_an_order_that_can_not_be_carried_out_is_told(
    lanes: Lanes, order: list[str], code: int, said: str
) -> None:
    done = lanes.gateway.order(*order)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert lanes.gateway.ask(PATH, {"input": "a"}).ok
