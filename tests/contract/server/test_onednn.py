"""The backend on oneDNN in the built image: what it changes of embeddings, how it is turned off, and without it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from docker.client import DockerClient

from components.settings.onednn import LIBRARY
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import TINY
from sandbox.models.library import ensure_eurobert_model, ensure_model
from tests.contract.server.running import Server, running
from tests.contract.server.test_server import QUERY, RELATED, UNRELATED, cosine, document

pytestmark = pytest.mark.sandbox

CLOSE = {"auto": 0.998, "f32": 0.99999}
"""Least likeness of an embedding to that of ggml's own kernels, by the setting."""

BATCHES = [
    ["."],
    [QUERY],
    [QUERY, RELATED, UNRELATED, "a"],
    [document(tokens) for tokens in (2, 30, 31, 64, 130)],
    [document(600)],
    [*(document(2000) for _ in range(3)), "short"],
]

SAYS_ALL = {"LLAMA_ARG_LOG_VERBOSITY": "4"}


@contextmanager
def server(image: str, model: Path, onednn: str, changed: dict[str, str] | None = None) -> Iterator[Server]:
    """Run a model with a value of serverOnednn; `changed` are variables beside it."""
    pooling = "mean" if "minilm" in str(model) else "last"
    with running(
        image, model, {**SAYS_ALL, **(changed or {})}, serverOnednn=onednn, modelPooling=pooling
    ) as started:
        started.wait_for("healthy")
        yield started


@pytest.fixture(autouse=True)
def built_for_x86(server_image: str) -> None:
    if DockerClient.from_env().images.get(server_image).attrs["Architecture"] != "amd64":
        pytest.skip("the backend is for x86-64")


@pytest.fixture(scope="module", params=["eurobert", "twin"])
def model(request: pytest.FixtureRequest) -> Path:
    if request.param == "twin":
        return ensure_model(cache_root(), print, "F16")
    return ensure_eurobert_model(cache_root(), print, "F16", TINY)


@pytest.fixture(scope="module")
def batches(model: Path) -> list[list[str]]:
    """Texts in requests, of which the small EuroBERT alone takes long ones."""
    return [*BATCHES, [document(8000)]] if "eurobert" in str(model) else BATCHES[:3]


@pytest.fixture(scope="module")
def without(server_image: str, model: Path, batches: list[list[str]]) -> list[list[list[float]]]:
    """Return the embeddings of a server that computes as llama.cpp does by itself."""
    with server(server_image, model, "off") as started:
        found = [started.embeddings(*texts) for texts in batches]
        assert "oneDNN" not in started.log()
        return found


@pytest.mark.parametrize("onednn", ["auto", "f32"])
def test_embeddings_are_those_of_ggmls_own_kernels_as_nearly_as_the_numbers_are_exact(
    onednn: str, server_image: str, model: Path, batches: list[list[str]], without: list[list[list[float]]]
) -> None:
    with server(server_image, model, onednn) as started:
        found = [started.embeddings(*texts) for texts in batches]
        log = started.log()
    assert f"loaded oneDNN backend from {LIBRARY}" in log
    assert "oneDNN model buffer size" in log
    assert onednn == "auto" or "in float32" in log
    for ours, theirs in zip(found, without, strict=True):
        assert min(map(cosine, ours, theirs)) >= CLOSE[onednn]
    # No other numbers at all would mean that the backend has computed nothing.
    assert found != without


def test_a_text_in_a_batch_gets_the_embedding_that_it_gets_alone(server_image: str, model: Path) -> None:
    with server(server_image, model, "auto") as started:
        together = started.embeddings(QUERY, RELATED, UNRELATED, "a")
        for text, vector in zip((QUERY, RELATED, UNRELATED, "a"), together, strict=True):
            assert cosine(vector, started.embeddings(text)[0]) > 0.998


def test_an_image_without_the_library_says_so_and_computes_bit_for_bit_as_with_off(
    server_image: str, model: Path, batches: list[list[str]], without: list[list[list[float]]]
) -> None:
    with server(server_image, model, "auto", {"GGML_BACKEND_PATH": "/opt/llama.cpp/missing.so"}) as started:
        assert "failed to load /opt/llama.cpp/missing.so" in started.log()
        assert [started.embeddings(*texts) for texts in batches] == without
