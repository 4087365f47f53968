"""What is sent to a server, and what its answers are taken for."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest

from benchmarks.server.load import document, documents_of, measure

TOO_LARGE = {"error": {"message": "input is too large to process"}}


def test_no_two_neighbours_are_a_pair_of_letters_that_is_one_token() -> None:
    text = document(2048)

    assert not any(first.isalpha() and second.isalpha() for first, second in pairwise(text))


@pytest.mark.parametrize(("clients", "inputs"), [(1, 1), (4, 1), (2, 8)])
def test_every_document_is_sent_once_and_counted(clients: int, inputs: int) -> None:
    with answering(200) as (url, asked):
        found = measure(url, 128, clients, inputs)

    sent = [text for body in asked for text in body["input"]]
    assert sent == [document(128)] * documents_of(128, clients, inputs)
    assert {len(body["input"]) for body in asked} == {inputs}
    assert found.tokens_per_second > 0
    assert found.refused == ""


def test_a_refusal_is_kept_with_its_reason_and_nobody_asks_on() -> None:
    with answering(500) as (url, asked):
        found = measure(url, 16, 1)

    assert found.refused == "HTTP 500: input is too large to process"
    assert found.tokens_per_second == 0
    assert len(asked) == 1


@contextmanager
def answering(status: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Answer requests as llama-server does, counting a token for each character and one more for each text."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body)
            tokens = sum(len(text) + 1 for text in body["input"])
            answer = {"usage": {"prompt_tokens": tokens}} if status == 200 else TOO_LARGE
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
