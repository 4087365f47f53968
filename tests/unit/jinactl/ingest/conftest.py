"""An ingest on an index in memory."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from jinactl.app import run
from jinactl.ingest import ingesting
from tests.fixtures.embedding_server import EmbeddingServer
from tests.unit.jinactl.conftest import model
from tests.unit.jinactl.ingest.index_double import IndexDouble
from tests.unit.jinactl.stack_outputs import OUTPUTS

__all__ = ["model"]

Ingest = Callable[..., int]


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, model: EmbeddingServer) -> IndexDouble:
    model.reset()
    double = IndexDouble()
    monkeypatch.setattr(ingesting, "Client", lambda _connection, _patience: double)
    monkeypatch.setattr("jinactl.ingest.waiting.UNSAID", 0.0)
    monkeypatch.setattr("jinactl.ingest.waiting.FIRST_PAUSE", 0.01)
    return double


@pytest.fixture
def ingest(index: IndexDouble, model: EmbeddingServer, tmp_path: Path) -> Ingest:
    """Return a function that runs the command on a file with a content, and returns its exit code."""

    def run_it(
        content: str | bytes | Path, *arguments: str, name: str = "docs.ndjson", **outputs: object
    ) -> int:
        path = content if isinstance(content, Path) else tmp_path / name
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        index.embeds = outputs.get("inferenceEndpoint") != ""
        told = {**OUTPUTS, "embeddingsUrl": model.url, "serverApiKey": "", **outputs}
        (tmp_path / "outputs.json").write_text(json.dumps(told))
        return run(["ingest", "--outputs", str(tmp_path / "outputs.json"), str(path), *arguments])

    return run_it
