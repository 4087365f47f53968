"""How the node sends requests to the model: in what form, how many at once, how long it waits, and what it repeats."""

import base64
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.answers import error_of
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer, Request, embedding

pytestmark = pytest.mark.sandbox

PATH = "/_inference/text_embedding/embedder"
PER_HOST = 20
"""Connections to one host, by default."""


@pytest.fixture
def settings(node: Node) -> Iterator[dict[str, Any]]:
    """Collect settings of the node that a test changes by `apply`, and put their defaults back after it."""
    changed: dict[str, Any] = {}
    yield changed
    apply(node, dict.fromkeys(changed))


@pytest.fixture
def impatient(node: Node, settings: dict[str, Any]) -> None:
    """Let the node repeat a request at once, not after a second."""
    settings["xpack.inference.http.retry.initial_delay"] = "10ms"
    apply(node, settings)


def apply(node: Node, settings: dict[str, Any]) -> None:
    answer = node.send("PUT", "/_cluster/settings", {"persistent": settings})
    assert answer.status_code == 200, answer.text


@contextmanager
def at_work(model: EmbeddingServer, monkeypatch: pytest.MonkeyPatch, seconds: float) -> Iterator[list[int]]:
    """Let the double take so long for each answer, and count how many it was asked for at once."""
    answer, lock, present = model.answer, threading.Lock(), [0]
    counts: list[int] = []

    def slow(request: Request) -> tuple[int, dict[str, Any]]:
        with lock:
            present[0] += 1
            counts.append(present[0])
        time.sleep(seconds)
        with lock:
            present[0] -= 1
        return answer(request)

    monkeypatch.setattr(model, "answer", slow)
    yield counts


def together(node: Node, *paths: str) -> list[int]:
    """Ask for an embedding at every path at once, and return the statuses."""
    with ThreadPoolExecutor(len(paths)) as clients:
        # `Session` is not for several threads.
        answers = clients.map(
            lambda path: Node(node.container, node.url, node.password).send("POST", path, {"input": "x"}),
            paths,
        )
        return [answer.status_code for answer in answers]


def floats(vector: list[float]) -> Any:
    return vector


def packed(vector: list[float]) -> Any:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


@pytest.mark.parametrize("form", [floats, packed])
def test_base64_is_asked_for_and_numbers_are_read_too(
    node: Node, model: EmbeddingServer, endpoint: str, form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"data": [{"index": 0, "embedding": form(embedding("text", 8))}]}
    asked: list[dict[str, Any]] = []

    def answer(request: Request) -> tuple[int, dict[str, Any]]:
        asked.append(request.body)
        return 200, body

    monkeypatch.setattr(model, "answer", answer)
    came = node.send("POST", f"/_inference/text_embedding/{endpoint}", {"input": "text"})
    assert came.json()["text_embedding"][0]["embedding"] == pytest.approx(embedding("text", 8), abs=1e-6)
    assert asked == [{"input": ["text"], "model": "double", "encoding_format": "base64"}]


@pytest.mark.usefixtures("impatient")
def test_base64_that_is_no_row_of_floats_fails(
    node: Node, model: EmbeddingServer, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"data": [{"index": 0, "embedding": base64.b64encode(b"12345").decode()}]}
    monkeypatch.setattr(model, "answer", lambda _: (200, body))
    answer = node.send("POST", f"/_inference/text_embedding/{endpoint}", {"input": "text"})
    assert answer.status_code == 500
    assert "base64-decoded length [5] is not a multiple of 4" in error_of(answer)["reason"]


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.usefixtures("impatient")
def test_a_failure_that_may_pass_is_met_three_times(
    node: Node, model: EmbeddingServer, endpoint: str, status: int
) -> None:
    before = len(model.requests)
    model.fail(status, times=1000)
    node.send("POST", f"/_inference/text_embedding/{endpoint}", {"input": "x"})
    assert len(model.requests) - before == 3


@pytest.mark.parametrize("status", [400, 401, 404, 422, 502, 504])
@pytest.mark.usefixtures("impatient")
def test_another_failure_is_met_once(node: Node, model: EmbeddingServer, endpoint: str, status: int) -> None:
    before = len(model.requests)
    model.fail(status, times=1000)
    node.send("POST", f"/_inference/text_embedding/{endpoint}", {"input": "x"})
    assert len(model.requests) - before == 1


@pytest.mark.usefixtures("impatient")
def test_a_text_that_the_model_finds_too_large_is_cut_in_half_without_a_word(
    node: Node, model: EmbeddingServer, endpoint: str
) -> None:
    model.fail(413, times=2)
    answer = node.send("POST", f"/_inference/text_embedding/{endpoint}", {"input": "12345678"})
    assert answer.status_code == 200
    assert model.texts[-3:] == ["12345678", "1234", "12"]


def test_all_endpoints_share_the_connections_to_a_host(
    node: Node, model: EmbeddingServer, endpoint_body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [f"/_inference/text_embedding/embedder-{number}" for number in (1, 2)]
    for path in paths:
        assert node.send("PUT", path, endpoint_body).ok
    with at_work(model, monkeypatch, seconds=0.5) as counts:
        assert together(node, *paths * PER_HOST) == [200] * 2 * PER_HOST
    assert max(counts) == PER_HOST
    assert len(counts) == 2 * PER_HOST


def test_the_number_of_connections_can_be_set(
    node: Node,
    model: EmbeddingServer,
    endpoint: str,
    settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings["xpack.inference.http.max_route_connections"] = 3
    apply(node, settings)
    with at_work(model, monkeypatch, seconds=0.1) as counts:
        together(node, *[f"/_inference/text_embedding/{endpoint}"] * 8)
    assert max(counts) == 3


def test_requests_leave_so_many_a_minute_and_the_queue_refuses_more_than_it_holds(
    node: Node, endpoint_body: dict[str, Any], settings: dict[str, Any]
) -> None:
    endpoint_body["service_settings"]["rate_limit"] = {"requests_per_minute": 60}
    assert node.send("PUT", PATH, endpoint_body).ok
    settings["xpack.inference.http.request_executor.queue_capacity"] = 2
    apply(node, settings)
    began = time.monotonic()
    statuses = together(node, *[PATH] * 6)
    assert set(statuses) == {200, 429}
    # Besides the two that wait, one may have left at once.
    assert 2 <= statuses.count(200) <= 3
    assert time.monotonic() - began > 1.0


def test_a_query_is_not_waited_for_as_long_as_a_document(
    node: Node, model: EmbeddingServer, documents: str, endpoint: str, settings: dict[str, Any]
) -> None:
    settings["xpack.inference.query_timeout"] = "300ms"
    apply(node, settings)
    model.delay_seconds = 1.0
    builder = {"text_embedding": {"model_id": endpoint, "model_text": "red"}}
    knn = {"field": "vector", "query_vector_builder": builder}
    answer = node.send("POST", f"/{documents}/_search", {"knn": knn})
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["reason"]) == (
        429,
        "timeout_exception",
        "Request timed out after [300ms] for inference id [embedder]",
    )
    assert node.send("POST", f"/{documents}/_doc", {"content": "red"}).status_code == 201


def test_a_host_that_has_no_address_is_a_faulty_url(node: Node, endpoint_body: dict[str, Any]) -> None:
    url = "http://no-such-host.invalid/v1/embeddings"
    endpoint_body["service_settings"]["url"] = url
    error = error_of(node.send("PUT", PATH, endpoint_body))
    assert error["caused_by"]["reason"] == f"Invalid host [{url}], please check that the URL is correct."
