"""The switch of a lane: no request is lost, and it ends when the server before has nothing more to answer."""

import threading
import time
from pathlib import Path

import pytest

from tests.contract.gateway.conftest import Doubles, Lanes
from tests.contract.gateway.running import FOLDER, WIDTH, environment, free, gateway, program
from tests.fixtures.load import Load

GONE = {"status": 500, "answer": "nobody is here any more"}


@pytest.mark.parametrize(
    ("switches", "requests"), [(4, 40), pytest.param(20, 100_000, marks=pytest.mark.exhaustive)]
)
def test_no_request_fails_in_switches_under_load(doubles: Doubles, switches: int, requests: int) -> None:
    """A server fails every request from the moment in which the switch away from it has ended."""
    first, second = doubles
    with gateway(MODEL="any") as one:
        for lane in ("queries", "documents"):
            one.use(lane, first)
        with (
            Load(f"{one.url}/query/v1/embeddings", WIDTH, clients=3) as queries,
            Load(f"{one.url}/document/v1/embeddings", WIDTH, clients=3) as documents,
        ):
            for number in range(switches):
                old, new = (first, second) if number % 2 == 0 else (second, first)
                new.behave(seconds=0.02 if requests < 100_000 else 0)
                one.use("queries", new)
                one.use("documents", new)
                old.behave(**GONE)
                wanted = requests * (number + 1) / switches
                while (
                    queries.answered + documents.answered < wanted and not queries.failed + documents.failed
                ):
                    time.sleep(0.05)
    assert queries.failed == documents.failed == []
    assert min(queries.answered, documents.answered) > requests / 4


def test_a_switch_ends_with_the_last_request_to_the_server_before(doubles: Doubles) -> None:
    old, new = doubles
    with gateway() as one:
        one.use("documents", old)
        old.behave(seconds=1)
        answered: list[float] = []

        def ask() -> None:
            assert one.ask("/document/v1/embeddings", {"input": ["a"] * 40}).ok
            answered.append(time.monotonic())

        client = threading.Thread(target=ask)
        client.start()
        old.until_asked()
        one.use("documents", new)
        ended = time.monotonic()
        client.join()
        assert abs(ended - answered[0]) < 0.5
        assert new.inputs() == []


def test_a_switch_waits_no_longer_than_it_is_told_and_new_requests_go_to_the_new_server_at_once(
    doubles: Doubles,
) -> None:
    old, new = doubles
    with gateway() as one:
        one.use("queries", old)
        old.behave(seconds=2.5)
        client = threading.Thread(target=one.ask, args=("/query/v1/embeddings", {"input": "slow"}))
        client.start()
        old.until_asked()
        done = one.use_server("queries", new.address, 0.1)
        assert (done.returncode, "still being answered" in done.stderr) == (0, True)
        assert one.ask("/query/v1/embeddings", {"input": "fast"}).ok
        assert client.is_alive()
        assert new.inputs() == ["Query: fast"]
        client.join()


@pytest.mark.parametrize(
    ("path", "contexts", "words", "asked", "refused"),
    [
        ("/query/v1/embeddings", (20, 40), 17, "queries", ""),
        ("/query/v1/embeddings", (20, 40), 18, "documents", ""),
        ("/query/v1/embeddings", (30, 40), 27, "queries", ""),
        ("/query/v1/embeddings", (10, 30), 8, "documents", ""),
        ("/query/v1/embeddings", (20, 30), 28, "", "the context is 30"),
        ("/query/v1/embeddings", (40, 30), 37, "queries", ""),
        ("/document/v1/embeddings", (20, 30), 27, "documents", ""),
        ("/document/v1/embeddings", (40, 30), 28, "", "the context is 30"),
        ("/document/v1/embeddings", (20, 40), 37, "documents", ""),
    ],
)
def test_a_lane_takes_what_its_server_takes_also_after_a_restart(
    doubles: Doubles,
    tmp_path: Path,
    path: str,
    contexts: tuple[int, int],
    words: int,
    asked: str,
    refused: str,
) -> None:
    """The prefix is a word of its own, and the model puts a token before and after each text."""
    text = {"input": " ".join(["word"] * words)}
    with gateway(tmp_path) as one:
        for lane, double, context in zip(("queries", "documents"), doubles, contexts, strict=True):
            one.use(lane, double, 5)
            one.use(lane, double, context)
        first = one.ask(path, text)
    with gateway(tmp_path) as again:
        answers = (first, again.ask(path, text))
        cut = again.ask(path, {**text, "truncate": True})
    for answer in answers:
        assert answer.status_code == (400 if refused else 200), answer.text
        assert refused in answer.text
    assert ("only the first 30 tokens" in cut.headers.get("Warning", "")) == bool(refused)
    assert [
        name for name, double in zip(("queries", "documents"), doubles, strict=True) if double.sent()
    ] == ([asked or "documents"])


def test_the_server_that_is_asked_is_the_one_whose_context_a_text_was_held_against(doubles: Doubles) -> None:
    old, new = doubles
    with gateway() as one:
        one.use("queries", old, 20)
        old.behave(seconds_to_tokenize=2)
        answers: list[int] = []
        text = {"input": " ".join(["word"] * 15)}
        client = threading.Thread(
            target=lambda: answers.append(one.ask("/query/v1/embeddings", text).status_code)
        )
        client.start()
        while 'gateway_requests_in_flight{lane="queries"} 1.0' not in one.get("/metrics").text:
            assert client.is_alive()
        assert one.use_server("queries", new.address, 0, 10).returncode == 0
        client.join()
    assert answers == [200]
    assert (len(old.inputs()), new.inputs()) == (1, [])


@pytest.mark.parametrize(
    "remembered",
    ["", "{", '{"queries": "server:8080"}', '{"queries": {"server": "server:8080"}}', "1"],
)
def test_a_gateway_that_can_not_read_which_servers_it_asked_names_the_file(
    tmp_path: Path, remembered: str
) -> None:
    file = tmp_path / "lanes.json"
    file.write_text(remembered)
    with program(["gateway"], FOLDER, environment(tmp_path, free())) as process:
        said = process.communicate(timeout=30)[0]
    assert process.returncode == 1
    assert f"{file} is damaged" in said.splitlines()[-1]


@pytest.mark.parametrize("context", [0, -1])
def test_a_server_that_takes_nothing_is_refused(lanes: Lanes, context: int) -> None:
    done = lanes.gateway.use_server("queries", lanes.queries.address, context=context)
    assert (done.returncode, "at least 1 token" in done.stderr) == (1, True)


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
def test_a_lane_stays_with_its_server_where_the_other_is_none(
    lanes: Lanes, lane: str, name: str, said: str
) -> None:
    done = lanes.gateway.use_server(lane, name)
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert lanes.gateway.ask("/query/v1/embeddings", {"input": "a"}).ok
    assert lanes.queries.inputs() == ["Query: a"]


def test_the_lanes_ask_the_same_servers_after_a_restart(doubles: Doubles, tmp_path: Path) -> None:
    queries, documents = doubles
    with gateway(tmp_path) as one:
        one.use("queries", queries)
        one.use("documents", documents)
    with gateway(tmp_path) as again:
        assert again.ask("/query/v1/embeddings", {"input": "a"}).ok
        assert again.ask("/document/v1/embeddings", {"input": "b"}).ok
    assert (queries.inputs(), documents.inputs()) == (["Query: a"], ["Document: b"])


def test_what_was_begun_is_finished_when_the_gateway_is_told_to_end(doubles: Doubles) -> None:
    server = doubles[0]
    with gateway() as one:
        one.use("queries", server)
        server.behave(seconds=0.5)
        answers = []
        client = threading.Thread(
            target=lambda: answers.append(one.ask("/query/v1/embeddings", {"input": "a"}).status_code)
        )
        client.start()
        server.until_asked()
        one.said()
        client.join()
        assert answers == [200]
        assert one.process.returncode == 0
