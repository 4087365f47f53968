"""Servers that several tests only ask."""

from collections.abc import Iterator

import pytest

from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import TINY
from sandbox.models.library import ensure_eurobert_model, ensure_model
from tests.contract.server.running import Server, running


@pytest.fixture(scope="session")
def twin(server_image: str) -> Iterator[Server]:
    """Run the demo's model: real semantics, 768 wide, pooled by mean."""
    model = ensure_model(cache_root(), print, "F16")
    with running(server_image, model, modelPooling="mean", modelName="minilm-twin") as server:
        server.wait_for("healthy")
        yield server


@pytest.fixture(scope="session")
def eurobert(server_image: str) -> Iterator[Server]:
    """Run a small EuroBERT with the stack's default settings."""
    with running(server_image, ensure_eurobert_model(cache_root(), print, "F16", TINY)) as server:
        server.wait_for("healthy")
        yield server
