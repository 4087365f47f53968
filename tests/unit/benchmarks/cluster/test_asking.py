"""What the client sends, and what it takes for an answer."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from benchmarks.cluster.asking import WARM_UP, ask


@contextmanager
def answering(embeddings: int, status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    """Answer every request with so many embeddings; return the address and the bodies that came."""
    bodies: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            answer = json.dumps({"data": [{}] * embeddings}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/query/v1/embeddings", bodies
        finally:
            server.shutdown()


def test_as_many_requests_are_timed_as_were_wanted_and_no_text_is_sent_twice() -> None:
    with answering(2) as (url, bodies):
        seconds = ask(url, 2, 5)

    texts = [text for body in bodies for text in body["input"]]
    assert len(seconds) == 5
    assert len(texts) == len(set(texts)) == 2 * (WARM_UP + 5)


@pytest.mark.parametrize(("embeddings", "status"), [(1, 200), (2, 503)], ids=["too few", "an error"])
def test_an_answer_without_all_embeddings_ends_the_measurement(embeddings: int, status: int) -> None:
    with (
        answering(embeddings, status) as (url, _),
        pytest.raises(RuntimeError, match=f"HTTP {status} to 2 texts"),
    ):
        ask(url, 2, 5)
