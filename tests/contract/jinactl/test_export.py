"""`jinactl export` as people run it, on a node; what it writes, `jinactl ingest` reads again."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from jinactl.app import run
from jinactl.documents import exporting
from tests.contract.elasticsearch.people import fill, stored
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.jinactl.command import jinactl, write_outputs
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

ODD: dict[str, dict[str, Any]] = {
    "ä/ö #1": {
        "content": 'Grüße\n\u2028 \U0001f600 "quoted"',
        "year": 2024,
        "score": 1.0,
        "tags": ["a", None],
    },
    "big": {"content": "numbers", "large": 9007199254740993, "small": 1e-7, "nested": {"a": [1, 2.5]}},
}


@pytest.fixture
def outputs(wanted: Wanted, model: EmbeddingServer, tmp_path: Path) -> str:
    """Bring up a stack without documents, and write its outputs to a file."""
    wanted.dims, wanted.demo_documents = 64, False
    StackResources().up(wanted)
    path = tmp_path / "outputs.json"
    write_outputs(path, wanted, model)
    return str(path)


@pytest.fixture
def documents(outputs: str, client: Client) -> dict[str, dict[str, Any]]:
    """Put documents into the index; return their fields by id."""
    assert outputs
    contents = fill(client, 25)
    for one, source in ODD.items():
        lines: list[dict[str, Any]] = [{"index": {"_id": one}}, source]
        assert not client.request("POST", f"/{ALIAS}/_bulk", lines, query={"refresh": "true"})["errors"]
    return {**{one: {"content": text} for one, text in contents.items()}, **ODD}


def read(lines: str) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in lines.split("\n") if line]
    return {one.pop("_id"): one for one in found}


def test_what_is_exported_and_put_into_an_emptied_index_is_equal(
    outputs: str,
    documents: dict[str, dict[str, Any]],
    client: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 10)
    file = tmp_path / "documents.ndjson"
    before = stored(client)
    assert run(["export", "--outputs", outputs, str(file)]) == 0
    assert read(file.read_text()) == documents
    assert run(["delete", "--outputs", outputs, "--yes", "--filter", '{"match_all": {}}']) == 0
    assert stored(client) == {}
    assert run(["ingest", "--outputs", outputs, str(file)]) == 0
    assert stored(client) == before
    again = tmp_path / "again.ndjson"
    assert run(["export", "--outputs", outputs, str(again)]) == 0
    assert read(again.read_text()) == documents
    assert sorted(one.name for one in tmp_path.iterdir()) == ["again.ndjson", file.name, "outputs.json"]


def test_vectors_and_routings_go_along_in_the_form_that_elasticsearch_takes(
    outputs: str, documents: dict[str, dict[str, Any]], client: Client, tmp_path: Path
) -> None:
    client.request("PUT", f"/{ALIAS}/_doc/routed?routing=r&refresh=true", {"content": "routed"})
    file = tmp_path / "copy.bulk.gz"
    assert run(["export", "--outputs", outputs, "--vectors", "--format", "bulk", str(file)]) == 0
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).decode().split("\n") if line]
    assert len(lines) == 2 * (len(documents) + 1)
    assert {"index": {"_id": "routed", "routing": "r"}} in lines
    before = stored(client)
    client.request("PUT", "/copy", {"settings": {"number_of_replicas": 0}})
    answer = client.request("POST", "/copy/_bulk", lines, query={"refresh": "true"})
    assert answer["errors"] is False
    assert {one["content_embedding"].__len__() for one in lines if "content" in one} == {64}
    assert len(stored(client, "copy")) == len(before)


def test_a_filter_narrows_what_goes_to_standard_output(
    outputs: str, documents: dict[str, dict[str, Any]]
) -> None:
    assert documents
    done = jinactl("export", "--outputs", outputs, "--filter", "year=2024")
    assert (done.returncode, read(done.stdout)) == (0, {"ä/ö #1": ODD["ä/ö #1"]})
    assert "1 document of jina-demo written" in done.stderr


def test_a_file_that_is_there_is_kept_and_one_that_is_not_complete_does_not_appear(
    outputs: str,
    documents: dict[str, dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "mine.ndjson"
    file.write_text("mine")
    assert run(["export", "--outputs", outputs, str(file)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert file.read_text() == "mine"
    assert run(["export", "--outputs", outputs, str(tmp_path / "none" / "x")]) == 1
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
    monkeypatch.setattr(exporting, "_line", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(["export", "--outputs", outputs, "--overwrite", str(file)])
    assert file.read_text() == "mine"
    assert sorted(one.name for one in tmp_path.iterdir()) == [file.name, "outputs.json"]
    monkeypatch.undo()
    assert run(["export", "--outputs", outputs, "--overwrite", "--json", str(file)]) == 0
    assert json.loads(capsys.readouterr().out)["documents"] == len(documents)
    assert read(file.read_text()) == documents
