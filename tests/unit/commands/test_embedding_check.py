"""The embedding check: it accepts what the model promises and refuses everything else, over a real socket."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from components.commands.embedding_check import Check, run
from components.engine.container import Container, State
from components.engine.errors import NotListeningError
from components.program.errors import CheckError
from tests.fixtures.recording_proxy import seen_by_proxy

__all__ = ["seen_by_proxy"]

Answer = tuple[int, object]


@contextmanager
def answering(answers: list[Answer], seen: list[dict[str, object]] | None = None) -> Iterator[str]:
    """Serve the answers in turn, the last one for good; yield the server's address."""
    waiting = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if seen is not None:
                seen.append({"path": self.path, "body": body, "key": self.headers["Authorization"]})
            status, answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer.encode() if isinstance(answer, str) else json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/embeddings"
    finally:
        server.shutdown()
        server.server_close()


def check(url: str, api_key: str = "") -> Check:
    """Return a check for a model of four numbers."""
    return Check(url=url, port=8080, model="nano", width=4, container="the-container", api_key=api_key)


def embedding(numbers: list[float]) -> Answer:
    """Return the answer of a server that embeds everything as `numbers`."""
    return 200, {"data": [{"index": 0, "embedding": numbers}]}


class Stub(Container):
    """A container whose states are told in turn, the last one for good; nothing listens in it."""

    def __init__(self, states: list[State], log: list[str]) -> None:
        super().__init__("the-container")
        object.__setattr__(self, "_states", states)
        object.__setattr__(self, "_log", log)

    def post(self, *_request: object) -> tuple[int, bytes]:
        raise NotListeningError("Connection refused")

    def state(self) -> State:
        states: list[State] = vars(self)["_states"]
        return states.pop(0) if len(states) > 1 else states[0]

    def last_lines(self, count: int) -> list[str]:
        log: list[str] = vars(self)["_log"]
        return log[-count:]


def running(restarts: int = 0) -> State:
    """Return the state of a container that runs, and was started again so many times."""
    return State(status="running", exit_code=0, out_of_memory=False, restarts=restarts)


def restarting(restarts: int) -> State:
    """Return the state of a container between its crash and its next start."""
    return State(status="restarting", exit_code=1, out_of_memory=False, restarts=restarts)


LOADING = Stub([running()], ["loading model"])
UNIT = [0.5, 0.5, 0.5, 0.5]


def test_an_embedding_as_promised_is_accepted() -> None:
    seen: list[dict[str, object]] = []
    with answering([embedding(UNIT)], seen) as url:
        assert run(check(url, "hunter2"), LOADING) == "nano answers with 4 finite numbers of length 1"
    assert seen[0]["path"] == "/v1/embeddings"
    assert seen[0]["body"] == {"input": ["What is deep learning?"], "model": "nano"}
    assert seen[0]["key"] == "Bearer hunter2"


def test_no_proxy_of_the_environment_is_asked(seen_by_proxy: list[str]) -> None:
    with answering([embedding(UNIT)]) as url:
        assert "4 finite numbers" in run(check(url, "hunter2"), LOADING, patience=0)
    assert seen_by_proxy == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_server_that_still_loads_is_asked_again(status: int) -> None:
    with answering([(status, {"error": "Loading model"}), embedding(UNIT)]) as url:
        assert "4 finite numbers" in run(check(url), LOADING, patience=5)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (embedding([1.0, 0.0]), "returned 2 dimensions where modelDimensions promises 4"),
        (embedding([0.5, 0.5, 0.5, float("nan")]), "not finite"),
        (embedding([1.0, 1.0, 1.0, 1.0]), "length 2.0000 instead of 1"),
        ((401, {"error": "Invalid API Key"}), "HTTP 401"),
        ((500, {"error": "too large"}), "HTTP 500"),
        ((200, "<html>"), "did not answer as an embedding server"),
        ((200, {"data": []}), "did not answer as an embedding server"),
        ((200, ["x"]), "did not answer as an embedding server"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_any_other_answer_is_refused_with_the_reason(answer: Answer, says: str) -> None:
    with answering([answer]) as url, pytest.raises(CheckError, match=says):
        run(check(url), LOADING, patience=0)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_server_that_never_gets_ready_is_reported_with_its_log(status: int) -> None:
    says = r"(?s)did not give an embedding within 0 s \(HTTP .*docker logs the-container.*\n  loading"
    with answering([(status, "not yet")]) as url, pytest.raises(CheckError, match=says):
        run(check(url), LOADING, patience=0)


def test_a_server_that_crashes_whenever_it_is_started_is_reported_at_once() -> None:
    crashed = Stub([running(3), running(4), running(5), restarting(5)], ["unknown model architecture: 'x'"])
    with pytest.raises(
        CheckError, match=r"(?s)exit code 1, 5 times in a row.*set llamaCppRef.*\n  unknown model"
    ):
        run(check(""), crashed)


def test_a_person_who_waits_is_told_what_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.startup.waiting.TOLD_EVERY", 0)
    told: list[str] = []
    with answering([(503, "Loading model"), embedding(UNIT)]) as url:
        run(check(url), LOADING, say=told.append)
    assert told == ["waiting for an embedding for 0 s: HTTP 503: Loading model"]
