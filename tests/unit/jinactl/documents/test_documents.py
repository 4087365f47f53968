"""`jinactl delete` and `jinactl export` on an index that answers from a table."""

import gzip
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from jinactl.documents import deleting, exporting
from tests.unit.elasticsearch.recording import missing
from tests.unit.jinactl.conftest import INDEX, PROPERTIES, Jinactl, Opened

SOURCES: dict[str, dict[str, Any]] = {
    "a": {"content": "text é", "n": 1},
    "b": {"content": "Gr\u00fc\u00dfe \ud800"},
    "c": {"tags": ["no text"]},
}


def hits() -> list[dict[str, Any]]:
    found = [
        {"_id": one, "_source": source, "_seq_no": number, "_primary_term": 1, "sort": [number]}
        for number, (one, source) in enumerate(SOURCES.items())
    ]
    found[2]["_routing"] = "r"
    return found


@pytest.fixture(autouse=True)
def held(cluster: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the index hold three documents, the last of which has a routing."""
    for module in (deleting, exporting):
        monkeypatch.setattr(module, "Client", lambda _connection: cluster)
    count = {"hits": {"hits": [], "total": {"value": 3}}}
    cluster.answers |= {
        f"POST /{INDEX}/_pit": {"id": "view"},
        "POST /_search": [count, {"hits": {"hits": hits()}}],
        f"POST /{INDEX}/_mget": {"docs": [{"found": True}]},
    }


def answer(cluster: Opened, *items: dict[str, Any]) -> None:
    cluster.answers[f"POST /{INDEX}/_bulk"] = {"items": [{"delete": item} for item in items]}


DONE = {"result": "deleted", "status": 200}
GONE = {"result": "not_found", "status": 404}
CHANGED = {"status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "changed"}}


def test_documents_are_deleted_in_the_versions_that_were_counted(
    jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(cluster, DONE, GONE, CHANGED)
    assert jinactl("delete", "--yes", "--json", "--filter", '{"match_all": {}}') == 3
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"matched": 3, "deleted": 1, "changed": 1, "gone": 1}
    assert "1 document left, which somebody changed meanwhile" in shown.err
    lines = next(body for path, body in cluster.asked if path.startswith(f"POST /{INDEX}/_bulk"))
    assert [line["delete"]["if_seq_no"] for line in lines] == [0, 1, 2]
    assert lines[2]["delete"]["routing"] == "r"
    assert cluster.asked[-1] == ("DELETE /_pit", {"id": "view"})


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        (["a", "b"], [{"ids": {"values": ["a", "b"]}}]),
        (["--filter", "_id=a"], [{"ids": {"values": ["a"]}}]),
        (
            ["a", "--filter", '{"term": {"n": 1}}'],
            [{"ids": {"values": ["a"]}}, {"term": {"n": 1}}],
        ),
    ],
)
def test_what_is_named_is_asked_for(
    arguments: list[str], query: list[dict[str, Any]], jinactl: Jinactl, cluster: Opened
) -> None:
    answer(cluster, DONE, DONE, DONE)
    assert jinactl("delete", "--yes", *arguments) == 0
    counted = next(body for path, body in cluster.asked if path.startswith("POST /_search"))
    assert counted["query"] == {"bool": {"filter": query}}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Say which documents: their ids, --filter, or --source."),
        (["--filter", "unknown"], "neither field=value nor"),
        (["--yes", "--filter", '{"match_all": {}}', "--source", ""], "--source is empty"),
        (["a"], "Delete 3 documents of jina-demo? Nobody is there to ask: say --yes."),
    ],
)
def test_what_is_not_plain_deletes_nothing(
    arguments: list[str],
    told: str,
    jinactl: Jinactl,
    cluster: Opened,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert jinactl("delete", *arguments) == 2
    assert told in capsys.readouterr().err
    assert not any("_bulk" in path for path, _ in cluster.asked)


def test_a_source_that_can_only_be_looked_for_by_its_words_deletes_nothing(
    jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    for source, code in (
        ({"type": "text"}, 2),
        ({"type": "text", "fields": {"keyword": {"type": "keyword"}}}, 0),
    ):
        mappings = {"properties": {**PROPERTIES, "source": source}}
        cluster.answers["GET /jina-demo/_mapping"] = {INDEX: {"mappings": mappings}}
        answer(cluster, DONE, DONE, DONE)
        assert jinactl("delete", "--yes", "--source", "notes/a.md") == code
        assert any("_bulk" in path for path, _ in cluster.asked) == (code == 0)
    assert "other sources may have the same" in capsys.readouterr().err


@pytest.mark.parametrize("agrees", [True, False])
def test_somebody_at_a_terminal_is_asked(
    agrees: bool,
    jinactl: Jinactl,
    cluster: Opened,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return agrees

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", confirm)
    answer(cluster, DONE, DONE, DONE)
    assert jinactl("delete", "a") == 0
    assert asked == ["Delete 3 documents of jina-demo?"]
    told = "3 documents of jina-demo deleted" if agrees else "nothing was deleted"
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("found", "told"),
    [(missing(), "There is no index jina-demo yet"), ({INDEX: {}, "other": {}}, "leads to 2 indices")],
)
def test_an_alias_that_leads_to_no_one_index_is_told(
    found: Any, told: str, jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.answers["GET /jina-demo"] = found
    assert jinactl("delete", "--yes", "a") == 1
    assert told in capsys.readouterr().err


def test_an_alias_that_moved_meanwhile_ends_it(
    jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.answers["GET /jina-demo"] = [cluster.answers["GET /jina-demo"], {"another": {}}]
    answer(cluster, DONE, DONE, DONE)
    assert jinactl("delete", "--yes", "a") == 1
    assert "after 3 of 3 documents were deleted" in capsys.readouterr().err


def test_documents_go_to_standard_output_as_lines(
    jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    assert jinactl("export") == 0
    shown = capsys.readouterr()
    lines = [json.loads(line) for line in shown.out.splitlines()]
    assert lines == [{"_id": one, **source} for one, source in SOURCES.items()]
    assert "3 documents of jina-demo written" in shown.err
    assert "1 of them have no text in `content`" in shown.err
    assert "1 of them have a routing" in shown.err
    asked = [body for path, body in cluster.asked if path.startswith("POST /_search")][1]
    assert asked["_source"]["excludes"] == ["content_embedding", "content_digest"]


def test_standard_output_is_utf_8_whatever_the_terminal_has(
    jinactl: Jinactl, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="latin-1"))
    assert jinactl("export") == 0
    sources = [json.loads(line) for line in raw.getvalue().decode().splitlines()]
    assert sources == [{"_id": one, **source} for one, source in SOURCES.items()]


def test_bulk_lines_with_vectors_are_packed_and_keep_routings(
    jinactl: Jinactl, cluster: Opened, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "copy.gz"
    assert jinactl("export", str(file), "--vectors", "--format", "bulk", "--json") == 0
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert lines[::2][2] == {"index": {"_id": "c", "routing": "r"}}
    assert lines[1::2] == list(SOURCES.values())
    assert json.loads(capsys.readouterr().out)["documents"] == 3
    asked = [body for path, body in cluster.asked if path.startswith("POST /_search")][1]
    assert asked["_source"] == {"exclude_vectors": False}


def test_a_file_that_is_there_is_replaced_only_when_told_to(
    jinactl: Jinactl, cluster: Opened, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine"
    file.write_text("mine")
    assert jinactl("export", str(file)) == 1
    assert "is there already" in capsys.readouterr().err
    cluster.answers["POST /_search"] = [
        {"hits": {"hits": [], "total": {"value": 4}}},
        {"hits": {"hits": hits()}},
    ]
    assert jinactl("export", str(file), "--overwrite") == 1
    assert "3 of 4 documents of jina-demo were written" in capsys.readouterr().err
    assert jinactl("export", str(tmp_path / "none" / "x")) == 1
    assert "cannot be written: No such file" in capsys.readouterr().err
    assert (file.read_text(), list(tmp_path.glob(".*"))) == ("mine", [])


def test_a_file_that_is_replaced_keeps_its_mode_and_the_links_to_it(jinactl: Jinactl, tmp_path: Path) -> None:
    file, link = tmp_path / "mine", tmp_path / "link.gz"
    file.write_text("mine")
    file.chmod(0o600)
    link.symlink_to(file)
    assert jinactl("export", str(link), "--overwrite") == 0
    assert link.is_symlink()
    assert len(gzip.decompress(file.read_bytes()).splitlines()) == 3
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_is_not_replaced(
    jinactl: Jinactl, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert jinactl("export", str(pipe), "--overwrite") == 1
    assert "is no file" in capsys.readouterr().err
    assert pipe.is_fifo()
