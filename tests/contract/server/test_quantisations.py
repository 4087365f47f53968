"""The demo's model at each quantisation, made by llama-quantize and served: it must still find what is meant."""

import math
from collections.abc import Iterator

import pytest

from components.elasticsearch.documents import DEMO_DOCUMENTS
from components.elasticsearch.queries import DEMO_QUERIES
from components.elasticsearch.search import truncate
from sandbox.cache import cache_root
from sandbox.models.library import ensure_model
from tests.contract.server.running import Server, running

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
