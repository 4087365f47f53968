"""Texts are embedded once, and of one that is too long the beginning."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from components.elasticsearch.embedding.server import Role, role_url
from components.elasticsearch.errors import EmbeddingRefusedError
from jinactl.evaluate.embedding import EmbeddingServer as Asked
from jinactl.evaluate.embedding import embed_all
from jinactl.evaluate.vectors import open_cache
from tests.fixtures.embedding_server import EmbeddingServer, embedding, embedding_server

PREFIXES: dict[Role, str] = {"query": "Query: ", "document": "Document: "}


@pytest.fixture
def double() -> Iterator[EmbeddingServer]:
    with embedding_server(width=8) as started:
        yield started


def through_the_gateway(double: EmbeddingServer) -> Asked:
    urls: dict[Role, str] = {
        "query": role_url(double.url, "query"),
        "document": role_url(double.url, "document"),
    }
    return Asked(urls=urls, model="m", prefixes={"query": "", "document": ""})


def bare(double: EmbeddingServer) -> Asked:
    return Asked(urls={"query": double.url, "document": double.url}, model="m", prefixes=PREFIXES)


@pytest.mark.parametrize("reach", [through_the_gateway, bare])
def test_each_text_is_embedded_once_with_the_prefix_of_its_role(
    reach: Callable[[EmbeddingServer], Asked], double: EmbeddingServer
) -> None:
    texts = [f"text {one % 30}" for one in range(50)]
    done: list[int] = []
    with open_cache(None, "a" * 64) as cache:
        cache.note_speed("documents/s", 1.0)
        cache.note_speed("query ms", 1.0)
        found = embed_all(reach(double), cache, texts, ["asked"], prefixes=PREFIXES, advance=done.append)
    expected = [embedding(f"Document: {text}", 8) for text in texts]
    assert np.allclose(found.documents, expected, atol=1e-6)
    assert np.allclose(found.queries, [embedding("Query: asked", 8)], atol=1e-6)
    assert len(double.texts) == 31
    assert sum(done) == 51


def test_speeds_are_measured_where_enough_is_embedded_and_remembered(double: EmbeddingServer) -> None:
    texts = [f"text {one}" for one in range(64)]
    double.delay_seconds = 0.05
    with open_cache(None, "a" * 64) as cache:
        first = embed_all(bare(double), cache, texts, ["q"], prefixes=PREFIXES, advance=lambda _: None)
        double.requests.clear()
        again = embed_all(bare(double), cache, texts, ["q"], prefixes=PREFIXES, advance=lambda _: None)
    assert 0 < first.documents_per_second < 64 / 0.1 + 1  # how much less, the machine decides
    assert first.query_ms > 50
    assert (again.documents_per_second, again.query_ms) == (first.documents_per_second, first.query_ms)
    assert double.requests == []


def test_of_a_text_that_is_too_long_the_beginning_is_embedded(
    double: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def ask(_url: str, _key: str, body: dict[str, list[str]], **_: object) -> list[list[float]]:
        sent.extend(body["input"])
        if any(len(text) > 60 for text in body["input"]):
            raise EmbeddingRefusedError('HTTP 400: {"code": "input_too_long"}', 400)
        return [embedding(text, 8) for text in body["input"]]

    monkeypatch.setattr("components.elasticsearch.embedding.server.ask", ask)
    server = bare(double)

    found = server.embed("document", ["short", "long " * 20])

    assert found.shape == (2, 8)
    assert server.shortened == 1
    assert 40 < len(sent[-1]) <= 60
    assert sent[-1].startswith("Document: long long")


def test_a_refusal_for_another_reason_is_one(double: EmbeddingServer) -> None:
    double.refuses = "bad"

    with pytest.raises(EmbeddingRefusedError, match="the double refuses"):
        bare(double).embed("document", ["a bad text"])


def test_a_server_that_is_busy_is_asked_again(double: EmbeddingServer) -> None:
    double.fail(503, 1)
    began = time.monotonic()

    assert bare(double).embed("query", ["q"]).shape == (1, 8)
    assert time.monotonic() - began > 0.4
