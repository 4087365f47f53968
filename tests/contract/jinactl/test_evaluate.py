"""`jinactl evaluate` on a node, with a double of the server whose vectors have a known best choice of dims."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.bulk import Document, index_documents
from components.elasticsearch.generations.inventory import EVALUATION, of_people
from jinactl.beside.leftovers import is_left
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.jinactl.command import jinactl, write_outputs
from tests.fixtures import embedding_server
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

DOCUMENTS, QUERIES, ALIKE = 120, 60, 12
COARSE, FINE = 128, 256
"""Up to COARSE dims, texts of a dozen are all alike; those up to FINE tell them apart, and the rest is noise."""


def _numbers(seed: str, count: int, scale: float) -> list[float]:
    generator = random.Random(seed)  # noqa: S311 - a fixed vector for a text
    return [scale * generator.gauss(0.0, 1.0) for _ in range(count)]


def layered(text: str, width: int) -> list[float]:
    """Return a vector, of which each part says more about the number at the end of a text."""
    number = int(text.rsplit(" ", 1)[1]) if text[-1].isdigit() else -1
    vector = _numbers(f"dozen {number // ALIKE}", COARSE, 1.0)
    vector += _numbers(f"number {number}", FINE - COARSE, 1.0)
    vector += _numbers(text, width - FINE, 0.1)
    return embedding_server.truncate(vector, width)


@pytest.fixture
def outputs(
    wanted: Wanted,
    client: Client,
    model: EmbeddingServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Path]:
    monkeypatch.setattr(embedding_server, "embedding", layered)
    monkeypatch.setenv("JINA_SEARCH_CACHE", str(tmp_path / "cache"))
    wanted.demo_documents = False
    StackResources().up(wanted)
    index_documents(client, ALIAS, [Document(f"d{one}", f"text {one}") for one in range(DOCUMENTS)])
    path = tmp_path / "outputs.json"
    write_outputs(path, wanted, model, modelQueryPrefix="Document: ", stackId=wanted.owner)
    yield path
    assert left(client) == []


@pytest.fixture
def asked(tmp_path: Path) -> list[str | Path]:
    queries, judgements = tmp_path / "queries.tsv", tmp_path / "judgements.txt"
    queries.write_text("".join(f"q{one}\tlooking for {one}\n" for one in range(QUERIES)))
    judgements.write_text("".join(f"q{one} 0 d{one} 1\n" for one in range(QUERIES)))
    return [queries, "--qrels", judgements]


def left(client: Client) -> list[str]:
    found: dict[str, Any] = client.find(f"/{EVALUATION}*", query={"expand_wildcards": "all"}) or {}
    return sorted(found)


def test_the_table_shows_what_is_lost_and_the_cheapest_as_good_is_recommended(
    outputs: Path, asked: list[str | Path], model: EmbeddingServer, tmp_path: Path
) -> None:
    chosen = ["--dims", "128,256,768", "--index-options", "int8_hnsw,exact"]
    page = tmp_path / "table.md"
    done = jinactl("evaluate", *asked, "--outputs", outputs, *chosen, "--json", "--markdown", page)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    rows = {(one["dims"], one["index_option"]): one for one in found["rows"]}
    assert sorted(rows) == [(dims, option) for dims in (128, 256, 768) for option in ("exact", "int8_hnsw")]
    for option in ("exact", "int8_hnsw"):
        assert rows[256, option]["ndcg"]["mean"] == rows[768, option]["ndcg"]["mean"] == 1.0
        assert rows[128, option]["ndcg"]["mean"] < 0.7
        assert not rows[128, option]["as_good"]
        assert rows[128, option]["recall"]["mean"] == 1.0
    assert found["recommended"]["dims"] == 256
    assert found["recommended"]["index_option"] == "int8_hnsw"
    assert (found["queries"], found["documents"]) == (QUERIES, DOCUMENTS)
    assert "| F16 | 256 | int8_hnsw | 1.000 |" in page.read_text()
    model.requests.clear()
    again = jinactl("evaluate", *asked, "--outputs", outputs, *chosen, "--json")
    assert json.loads(again.stdout)["rows"][0]["ndcg"] == found["rows"][0]["ndcg"]
    assert model.requests == []


def started(outputs: Path, asked: list[str | Path], client: Client) -> subprocess.Popen[str]:
    """Start an evaluation, and return it once it searches in an index of its own."""
    command = [sys.executable, "-m", "jinactl", "evaluate", *map(str, asked), "--outputs", str(outputs)]
    process = subprocess.Popen([*command, "--index-options", "all"], stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not left(client):
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.02)
    return process


def test_an_interrupted_evaluation_removes_its_index(
    outputs: Path, asked: list[str | Path], client: Client
) -> None:
    process = started(outputs, asked, client)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert left(client) == []


def test_what_a_killed_evaluation_leaves_is_nobodys_data_and_the_next_one_removes_it(
    outputs: Path, asked: list[str | Path], client: Client
) -> None:
    process = started(outputs, asked, client)
    process.kill()
    process.wait()
    (name,) = left(client)
    assert name not in {one.name for one in of_people(client)}
    meta = client.request("GET", f"/{name}")[name]["mappings"]["_meta"]
    assert is_left(meta["evaluated_by"])
    assert not is_left(f"{meta['evaluated_by'].split(':')[0]}:{os.getpid()}:{time.time():.0f}")
    client.request("PUT", f"/{EVALUATION}of-a-person")
    done = jinactl("evaluate", *asked, "--outputs", outputs, "--dims", "256", "--index-options", "flat")
    assert done.returncode == 0, done.stderr
    assert left(client) == [f"{EVALUATION}of-a-person"]
    client.request("DELETE", f"/{EVALUATION}of-a-person")
