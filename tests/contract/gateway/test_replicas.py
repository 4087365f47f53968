"""A gateway as one of several: with which servers it begins, when clients should come, and how it goes."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
import requests

from tests.contract.gateway.conftest import Doubles
from tests.contract.gateway.running import CONTEXT, FOLDER, Double, environment, free, gateway, program

PATH = "/query/v1/embeddings"


def lanes_file(file: Path, queries: Double, documents: Double, age: float = 0) -> Path:
    """Write which servers the lanes have, as long ago as it is told."""
    servers = {"queries": queries, "documents": documents}
    file.write_text(
        json.dumps({name: {"server": one.address, "context": CONTEXT} for name, one in servers.items()})
    )
    os.utime(file, (time.time() - age,) * 2)
    return file


@pytest.mark.parametrize(
    ("own", "asked"),
    [
        pytest.param(None, 0, id="none of its own"),
        pytest.param(5, 0, id="its own is older"),
        pytest.param(0, 1, id="its own is newer"),
    ],
)
def test_it_begins_with_the_newest_of_its_own_file_and_the_one_that_all_are_given(
    doubles: Doubles, tmp_path: Path, own: float | None, asked: int
) -> None:
    """A pod that was down when its lane was switched has an older file than that of all."""
    given, other = doubles
    initial = lanes_file(tmp_path / "initial.json", given, given, 2)
    if own is not None:
        lanes_file(tmp_path / "lanes.json", other, other, own)
    with gateway(tmp_path, INITIAL=str(initial)) as one:
        assert one.get("/ready").status_code == 200
        assert one.ask(PATH, {"input": "a"}).ok
    assert [double.inputs() for double in doubles][asked] == ["Query: a"]


def test_what_it_was_told_since_counts_after_a_restart(doubles: Doubles, tmp_path: Path) -> None:
    initial = lanes_file(tmp_path / "initial.json", doubles[0], doubles[0], 1)
    for _ in range(2):
        with gateway(tmp_path, INITIAL=str(initial)) as one:
            if not doubles[1].sent():
                one.use("queries", doubles[1])
            assert one.ask(PATH, {"input": "a"}).ok
            assert one.ask("/document/v1/embeddings", {"input": "b"}).ok
    assert doubles[1].inputs() == ["Query: a"] * 2
    assert doubles[0].inputs() == ["Document: b"] * 2


@pytest.mark.parametrize("given", ["", "[", '{"queries": {"server": "server:8080"}}', "1"])
def test_a_file_for_all_that_is_damaged_ends_the_start(tmp_path: Path, given: str) -> None:
    file = tmp_path / "initial.json"
    file.write_text(given)
    settings = environment(tmp_path, free()) | {"GATEWAY_INITIAL": str(file)}
    with program(["gateway"], FOLDER, settings) as process:
        said = process.communicate(timeout=30)[0]
    assert process.returncode == 1
    assert f"{file} is damaged" in said.splitlines()[-1]


@pytest.mark.parametrize("given", [None, "{}"])
def test_it_is_ready_when_each_lane_has_a_server_whatever_that_answers(
    doubles: Doubles, tmp_path: Path, given: str | None
) -> None:
    file = tmp_path / "initial.json"
    if given:
        file.write_text(given)
    with gateway(tmp_path, INITIAL=str(file), KEY_FILE=str(key_file(tmp_path))) as one:
        for lane, status in (("queries", 503), ("documents", 503)):
            answer = one.get("/ready")
            assert (answer.status_code, answer.json()) == (status, {"status": "unavailable"})
            one.use(lane, doubles[0])
        doubles[0].behave(health=503)
        assert (one.get("/ready").status_code, one.get("/health").status_code) == (200, 503)


def key_file(folder: Path) -> Path:
    file = folder / "key"
    file.write_text("a-key")
    return file


def test_for_some_seconds_after_it_was_told_to_end_clients_are_answered_and_sent_elsewhere(
    doubles: Doubles,
) -> None:
    server = doubles[0]
    with gateway(DRAIN_SECONDS="2") as one, requests.Session() as before:
        one.use("queries", server)
        one.use("documents", server)
        assert "Connection" not in before.post(f"{one.url}{PATH}", json={"input": "a"}).headers
        one.process.send_signal(signal.SIGTERM)
        told = time.monotonic()
        while one.get("/ready").status_code == 200:
            assert time.monotonic() - told < 1
        for ask in (before.post, requests.post):
            answer = ask(f"{one.url}{PATH}", json={"input": "a"}, timeout=30)
            assert (answer.status_code, answer.headers["Connection"]) == (200, "close")
        assert (one.get("/live").status_code, one.get("/ready").status_code) == (200, 503)
        server.behave(seconds=4)
        slow: list[int] = []
        client = threading.Thread(
            target=lambda: slow.append(one.ask(PATH, {"input": ["a"] * 40}).status_code)
        )
        client.start()
        server.until_asked()
        one.process.wait(timeout=30)
        client.join()
        assert slow == [200]
        assert 4 < time.monotonic() - told < 15
        assert one.process.returncode == 0


def test_without_such_seconds_it_takes_no_connection_once_it_was_told_to_end(doubles: Doubles) -> None:
    server = doubles[0]
    with gateway() as one:
        one.use("queries", server)
        server.behave(seconds=2)
        client = threading.Thread(target=one.ask, args=(PATH, {"input": "a"}))
        client.start()
        server.until_asked()
        one.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(requests.ConnectionError):
            one.get("/live")
        assert one.process.poll() is None
        client.join()


def test_without_an_address_it_answers_at_those_of_both_kinds() -> None:
    with gateway(ADDRESS="") as one:
        port = one.url.rpartition(":")[2]
        for host in ("127.0.0.1", "[::1]"):
            assert requests.get(f"http://{host}:{port}/live", timeout=10).ok
