"""The scripts that a cluster runs in the server's image, run as they are against servers of ours."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.unit.docker.dockerfile import FOLDER

SIX_TENTHS = [0.6, -0.8, 0, 1e-09]
"""An embedding of length 1."""


class Server(ThreadingHTTPServer):
    """llama-server as far as the scripts ask it: `answers` to its requests one after the other, the last one again."""

    def __init__(self, answers: Sequence[tuple[int, str]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = list(answers)
        self.asked: list[tuple[str, str, str]] = []


class Handler(BaseHTTPRequestHandler):
    """Answers as the server is told to."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.asked.append((self.path, self.headers.get("Authorization", ""), body))
        answers = self.server.answers
        status, text = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(*answers: tuple[int, str]) -> Iterator[Server]:
    with Server(answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(script: str, port: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script of docker/ for a server on `port`."""
    environment = {**os.environ, "LLAMA_ARG_PORT": str(port)}
    return subprocess.run(
        [FOLDER / script, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def embedding(numbers: object, **dumped: object) -> tuple[int, str]:
    answer = {"data": [{"embedding": numbers, "index": 0}], "usage": {"prompt_tokens": 7}}
    return 200, json.dumps(answer, **dumped)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "dimensions", "said"),
    [
        (embedding(SIX_TENTHS), 4, ""),
        (embedding(SIX_TENTHS, separators=(",", ":")), 4, ""),
        (embedding(SIX_TENTHS, indent=1), 4, ""),
        (embedding([2**-5.5] * 2048, separators=(",", ":")), 2048, ""),
        (embedding([0.6, -0.8009, 0]), 3, ""),
        (embedding(SIX_TENTHS), 3, "4 numbers, and 3 are wanted"),
        (embedding(SIX_TENTHS), 768, "4 numbers, and 768 are wanted"),
        (embedding([]), 1, "0 numbers"),
        (embedding([None, 1]), 2, "no number"),
        (embedding([float("nan"), 1]), 2, "no number"),
        (embedding([float("inf"), 1]), 2, "no number"),
        (embedding([0, 0]), 2, "length 0"),
        (embedding([0.6, 0.83]), 2, "length 1.02"),
        (embedding("AACAPw=="), 1, "no embedding"),
        ((200, ""), 1, "no embedding"),
        ((503, '{"error":{"message":"Loading model","code":503}}'), 4, "HTTP 503"),
        ((401, embedding(SIX_TENTHS)[1]), 4, "HTTP 401"),
    ],
)
def test_a_server_has_started_when_an_embedding_came_back_and_is_right(
    answer: tuple[int, str], dimensions: int, said: str
) -> None:
    with serving(answer) as server:
        check = run("startup-check.sh", server.server_port, str(dimensions))
    assert (check.returncode == 0) == (not said), check.stderr
    assert said in check.stderr
    ((path, authorization, body),) = server.asked
    assert (path, authorization) == ("/v1/embeddings", "")
    assert isinstance(json.loads(body)["input"], str)


@pytest.mark.parametrize("script", ["startup-check.sh", "drain.sh"])
@pytest.mark.parametrize("written", ["a-key", "a-key\n", "a-key\nanother\n"])
def test_the_key_comes_from_a_file(script: str, written: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(written)
    arguments: list[str | Path] = ["4", file] if script == "startup-check.sh" else ["0", "1", file]
    answer = embedding(SIX_TENTHS) if script == "startup-check.sh" else metrics(0)
    with serving(answer) as server:
        assert run(script, server.server_port, *arguments).returncode == 0
    assert {authorization for _, authorization, _ in server.asked} == {"Bearer a-key"}


@pytest.mark.parametrize("script", ["startup-check.sh", "drain.sh"])
def test_a_key_that_is_not_there_is_told(script: str, tmp_path: Path) -> None:
    with serving((200, "")) as server:
        arguments = ["4"] if script == "startup-check.sh" else ["0", "1"]
        done = run(script, server.server_port, *arguments, tmp_path / "nothing")
    assert (done.returncode, str(tmp_path / "nothing") in done.stderr, server.asked) == (1, True, [])


def metrics(processing: int, deferred: int = 0) -> tuple[int, str]:
    return 200, (
        f"# TYPE llamacpp:requests_processing gauge\nllamacpp:requests_processing {processing}\n"
        f"# TYPE llamacpp:requests_deferred gauge\nllamacpp:requests_deferred {deferred}\n"
    )


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([metrics(0)], 2),
        ([metrics(2), metrics(1, 1), metrics(0, 1), metrics(0)], 5),
        ([metrics(0), metrics(1), metrics(0)], 4),
        ([(500, "it computes"), metrics(0)], 3),
    ],
)
def test_a_server_is_drained_when_it_has_had_no_request_twice(
    answers: list[tuple[int, str]], asked: int
) -> None:
    with serving(*answers) as server:
        assert run("drain.sh", server.server_port, "0", "30").returncode == 0
    assert server.asked == [("/metrics", "", "")] * asked


def test_a_drain_takes_no_longer_than_it_is_told_and_begins_after_the_pause() -> None:
    with serving(metrics(1)) as server:
        began = time.monotonic()
        done = run("drain.sh", server.server_port, "1", "2")
        took = time.monotonic() - began
    assert done.returncode == 0
    assert 2 < took < 10
    assert 2 <= len(server.asked) <= 5


def test_a_server_that_is_gone_is_not_waited_for() -> None:
    with serving((200, "")) as server:
        port = server.server_port
    began = time.monotonic()
    assert run("drain.sh", port, "0", "30").returncode == 0
    assert run("startup-check.sh", port, "4").returncode != 0
    assert time.monotonic() - began < 5
