"""Embedding in the client: batches, order, what is checked, when it is asked again, and what is told."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from components.backoff import Patience
from components.elasticsearch.embedding import server as asking
from components.elasticsearch.embedding.embedder import BATCH, PATIENCE, Embedder
from components.elasticsearch.errors import (
    EmbeddingError,
    EmbeddingRefusedError,
    EmbeddingUnavailableError,
)
from tests.fixtures.embedding_server import EmbeddingServer, embedding, embedding_server, truncate
from tests.fixtures.recording_proxy import seen_by_proxy

__all__ = ["seen_by_proxy"]

WIDTH = 8
HASTE = Patience(limit=1.0, first_pause=0.001)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddingServer]:
    with embedding_server(WIDTH) as double:
        yield double


@pytest.fixture
def embedder(server: EmbeddingServer) -> Embedder:
    server.reset(WIDTH)
    return Embedder(
        url=server.url,
        model="m",
        dims=4,
        patience=HASTE,
    )


def cut(text: str) -> Any:
    """Return the first four numbers of the double's vector, of length 1."""
    return pytest.approx(truncate(embedding(text, WIDTH), 4), abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1, 3 * BATCH + 5])
def test_documents_are_embedded_in_batches_and_in_their_order(
    count: int, embedder: Embedder, server: EmbeddingServer
) -> None:
    texts = [f"text {number}" for number in range(count)]
    vectors = embedder.embed_documents(texts)
    assert len(vectors) == count
    for text, vector in zip(texts, vectors, strict=True):
        assert vector == cut(f"Document: {text}")
    assert [len(one.body["input"]) for one in server.requests] == [
        min(BATCH, count - start) for start in range(0, count, BATCH)
    ]


def test_a_query_gets_the_prefix_of_queries(embedder: Embedder) -> None:
    assert embedder.embed_query("text") == cut("Query: text")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_server_that_is_busy_is_asked_again(
    status: int, embedder: Embedder, server: EmbeddingServer
) -> None:
    server.fail(status, 3)
    assert len(embedder.embed_documents(["text"])) == 1
    assert len(server.requests) == 4


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_patience_ends(status: int, embedder: Embedder, server: EmbeddingServer) -> None:
    server.fail(status, 10_000)
    hasty = replace(embedder, patience=Patience(limit=0.05, first_pause=0.01))
    with pytest.raises(EmbeddingUnavailableError, match=f"HTTP {status}"):
        hasty.embed_documents(["text"])


def test_a_query_is_not_waited_for_as_long_as_documents(
    embedder: Embedder, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.elasticsearch.embedding.embedder.QUERY_LIMIT", 0.05)
    server.fail(502, 10_000)
    patient = replace(embedder, patience=Patience(limit=3600.0, first_pause=0.01))
    with pytest.raises(EmbeddingUnavailableError, match="HTTP 502"):
        patient.embed_query("text")


def test_no_proxy_of_the_environment_sees_key_or_texts(embedder: Embedder, seen_by_proxy: list[str]) -> None:
    assert len(embedder.embed_documents(["text"])) == 1
    assert len(embedder.embed_query("text")) == 4
    assert seen_by_proxy == []


def test_a_server_that_is_not_there_is_waited_for_and_then_named(embedder: Embedder) -> None:
    nowhere = replace(
        embedder,
        url="http://127.0.0.1:1/v1/embeddings",
        patience=Patience(limit=0.05, first_pause=0.01),
    )
    with pytest.raises(
        EmbeddingUnavailableError, match=r"127\.0\.0\.1:1/document/v1/embeddings cannot be reached"
    ):
        nowhere.embed_documents(["text"])


def test_a_document_that_is_refused_is_named_and_not_asked_for_again(
    embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def ask(*arguments: Any, **named: Any) -> list[list[float]]:
        texts = arguments[2]["input"]
        asked.append(len(texts))
        if any("long" in text for text in texts):
            raise EmbeddingRefusedError(f"no embedding of {named['what']}", 500)
        return [[1.0] * 4 for _ in texts]

    monkeypatch.setattr(asking, "ask", ask)
    with pytest.raises(EmbeddingRefusedError, match="no embedding of document b"):
        embedder.embed_documents(["short", "a long one", "short"], ["a", "b", "c"])
    assert asked == [3, 1, 1]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_that_is_about_the_server_is_told_at_once(
    status: int, embedder: Embedder, server: EmbeddingServer
) -> None:
    server.fail(status, 100)
    with pytest.raises(EmbeddingRefusedError, match=f"HTTP {status}"):
        embedder.embed_documents(["a", "b"])
    assert len(server.requests) == 1


def test_another_number_of_dimensions_names_the_document(
    embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "ask", lambda *_, **__: [[1.0] * WIDTH])
    with pytest.raises(EmbeddingError, match="8 dimensions for document x where 4 were asked for"):
        embedder.embed_documents(["text"], ["x"])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_refused(
    bad: float, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = [[1.0] * 4, [1.0, 1.0, 1.0, bad]]
    monkeypatch.setattr(asking, "ask", lambda *_, **__: vectors)
    with pytest.raises(EmbeddingError, match="document 2 that are not finite"):
        embedder.embed_documents(["a", "b"])


@pytest.mark.parametrize(
    "data",
    [
        [],
        [{"index": 0, "embedding": [1.0]}],
        [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}],
        [{"index": 0, "embedding": [1.0]}, {"index": 1}],
        [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": ["x"]}],
        "nothing",
    ],
)
def test_an_answer_that_is_none_is_refused(
    data: Any, embedder: Embedder, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "answer", lambda _: (200, {"data": data}))
    with pytest.raises(EmbeddingError, match="did not answer as an embedding server does"):
        embedder.embed_documents(["a", "b"])


def test_answers_in_another_order_are_put_in_order(
    embedder: Embedder, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = [
        {"index": 1, "embedding": [0.0, 1.0, 0, 0]},
        {"index": 0, "embedding": [1.0, 0, 0, 0]},
    ]
    monkeypatch.setattr(server, "answer", lambda _: (200, {"data": data}))
    assert embedder.embed_documents(["a", "b"]) == [[1, 0, 0, 0], [0, 1, 0, 0]]


def test_the_key_is_sent_and_never_shown(embedder: Embedder, server: EmbeddingServer) -> None:
    keyed = replace(embedder, api_key="hunter2")
    keyed.embed_documents(["text"])
    assert server.requests[0].authorization == "Bearer hunter2"
    server.key = "another"
    with pytest.raises(EmbeddingRefusedError, match=r"401.*serverApiKey") as raised:
        keyed.embed_documents(["text"])
    for shown in (repr(keyed), keyed.as_json(), str(raised.value)):
        assert "hunter2" not in shown


def test_an_embedder_is_the_same_after_a_journey_as_json(embedder: Embedder) -> None:
    keyed = replace(embedder, api_key="hunter2", patience=PATIENCE)
    assert Embedder.from_json(keyed.as_json(), "hunter2") == keyed


def test_what_an_earlier_version_noted_is_read(embedder: Embedder) -> None:
    noted = json.loads(embedder.as_json()) | {"document_prefix": "", "query_prefix": "", "width": 8}
    assert Embedder.from_json(json.dumps(noted), "") == replace(embedder, patience=PATIENCE)
