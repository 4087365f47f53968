"""The demo's model at each quantisation, made by llama-quantize and served: it must still find what is meant."""

import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.elasticsearch.documents.demo import DEMO_DOCUMENTS, DEMO_QUERIES
from sandbox.errors import SandboxError
from sandbox.machine.cache import cache_root
from sandbox.models.library import ensure_model
from sandbox.models.quantise import ensure_quantised
from tests.contract.server.running import Server, running
from tests.fixtures.embedding_server import truncate

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module", params=["F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M"])
def server(request: pytest.FixtureRequest, server_image: str) -> Iterator[Server]:
    model = ensure_model(cache_root(), print, request.param)
    with running(server_image, model, modelPooling="mean", quant=request.param) as started:
        started.wait_for("healthy")
        yield started


def test_every_demo_query_finds_its_document_first(server: Server) -> None:
    documents = server.embeddings(*(document.content for document in DEMO_DOCUMENTS))
    queries = server.embeddings(*(query.text for query in DEMO_QUERIES))
    for dims in (768, 512):
        short = [truncate(vector, dims) for vector in documents]
        for query, vector in zip(DEMO_QUERIES, queries, strict=True):
            asked = truncate(vector, dims)
            scores = [math.fsum(a * b for a, b in zip(asked, one, strict=True)) for one in short]
            found = DEMO_DOCUMENTS[scores.index(max(scores))]
            assert found.id == query.expected, f"{query.text} at {dims} dims"


def test_a_file_that_is_no_model_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    # Below the real cache, which holds the record of what could not be reached.
    folder = cache_root() / "models" / f"no-model-{tmp_path.name}"
    folder.mkdir(parents=True)
    source = folder / "some-F16.gguf"
    source.write_bytes(b"no GGUF")
    try:
        with pytest.raises(SandboxError, match=r"(?s)llama-quantize does not make Q8_0 of .*some-F16\.gguf"):
            ensure_quantised(cache_root(), print, source, "Q8_0")
        assert not (cache_root() / f"models/{folder.name}-Q8_0").exists()
    finally:
        for left in folder.parent.glob(f"{folder.name}*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
