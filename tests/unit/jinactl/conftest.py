"""The commands, run on a cluster that answers from a table and on a double of the embedding server."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from components.elasticsearch.documents.digest import DIGEST_MAPPING
from components.elasticsearch.fields import DIGEST, VECTOR
from components.elasticsearch.identity import MANAGED_BY
from jinactl import backups, repair
from jinactl.app import run
from jinactl.commands import search
from jinactl.ingest import ingesting
from tests.fixtures.embedding_server import EmbeddingServer, embedding_server
from tests.unit.elasticsearch.recording import IDENTITY, RecordedCluster
from tests.unit.jinactl.stack_outputs import OUTPUTS

INDEX = "jina-demo-256-f16-59cfacee-1"
META = {"managed_by": MANAGED_BY, "identity": replace(IDENTITY, dims=256, model="m").as_dict()}
PROPERTIES = {DIGEST: DIGEST_MAPPING, VECTOR: {"type": "dense_vector", "dims": 256}}
MAPPED = {INDEX: {"mappings": {"_meta": META, "properties": PROPERTIES}}}

Jinactl = Callable[..., int]


class Opened(RecordedCluster):
    """A cluster that is opened and closed as a client is."""

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Opened:
    opened = Opened({"GET /jina-demo/_mapping": MAPPED, "GET /jina-demo": MAPPED, f"GET /{INDEX}": MAPPED})
    for module in (backups, search, ingesting, repair):
        monkeypatch.setattr(module, "Client", lambda _connection, _patience=None: opened)
    return opened


@pytest.fixture(scope="module")
def model() -> Iterator[EmbeddingServer]:
    with embedding_server() as double:
        yield double


@pytest.fixture
def jinactl(cluster: Opened, model: EmbeddingServer, tmp_path: Path) -> Jinactl:
    """Return a function that runs a command on a stack with these outputs."""
    assert cluster

    def run_it(name: str, *arguments: str, **outputs: object) -> int:
        path = tmp_path / "outputs.json"
        path.write_text(json.dumps({**OUTPUTS, "embeddingsUrl": model.url, "serverApiKey": "", **outputs}))
        return run([name, "--outputs", str(path), *arguments])

    return run_it
