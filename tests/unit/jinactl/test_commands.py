"""`jinactl`: what each command asks, prints and returns, on a cluster that answers from a table."""

import errno
import json
from typing import Any

import pytest
import typer

from components.elasticsearch.backups.repository import Backup
from components.elasticsearch.errors import BackupError
from jinactl import backups
from tests.fixtures.embedding_server import EmbeddingServer
from tests.unit.elasticsearch.backups.backups import backup, snapshot
from tests.unit.elasticsearch.recording import missing
from tests.unit.jinactl.conftest import INDEX, MAPPED, META, Jinactl, Opened

OWN_NODE = {"elasticsearchBackupVolume": "backups", "stackId": "cpu-0a1b2c"}


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ((), "0.9000  demo-01  text\n"),
        (
            ("--json",),
            '{"_id": "demo-01", "_score": 0.9, "content": "text", "snippet": "text", "fields": {}}\n',
        ),
    ],
    ids=["plain", "json"],
)
def test_a_search_asks_with_the_querys_vector_and_prints_what_is_found(
    options: tuple[str, ...],
    shown: str,
    jinactl: Jinactl,
    cluster: Opened,
    model: EmbeddingServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model.reset()
    hits = [{"_id": "demo-01", "_score": 0.9, "_source": {"content": "text"}}]
    cluster.answers["POST /jina-demo/_search"] = {"hits": {"hits": hits}}
    assert jinactl("search", "killed", "--size", "1", *options) == 0
    assert capsys.readouterr().out == shown
    assert model.texts == ["Query: killed"]
    asked = next(body for path, body in cluster.asked if path == "POST /jina-demo/_search")
    assert len(asked["knn"]["query_vector"]) == 256
    assert asked["size"] == 1


def test_a_search_that_finds_nothing_says_so(
    jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.answers["POST /jina-demo/_search"] = {"hits": {"hits": []}}
    assert jinactl("search", "killed") == 0
    assert "nothing found: jina-demo holds no documents with vectors" in capsys.readouterr().err
    assert jinactl("search", "killed", "--mode", "text") == 0
    assert "nothing found: jina-demo holds no documents with words of the query" in capsys.readouterr().err


def test_ctrl_c_ends_in_one_line(
    jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupting(dict[str, Any]):
        def get(self, _key: str, _default: Any = None) -> Any:
            raise KeyboardInterrupt

    cluster.answers = Interrupting()
    assert jinactl("search", "killed") == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            1,
            "error: Reading or writing failed: No space",
        ),
        (typer.Abort(), 130, "\ninterrupted\n"),
    ],
    ids=["a full disk", "Ctrl-C at a question"],
)
def test_what_ends_a_command_from_outside_is_told_without_a_traceback(
    error: Exception,
    code: int,
    told: str,
    jinactl: Jinactl,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("jinactl.app.silence_broken_pipe", lambda: None)
    monkeypatch.setattr("jinactl.commands.search._show", fail)
    monkeypatch.setattr("jinactl.commands.search._ask", lambda *_, **__: None)
    assert jinactl("search", "killed") == code
    assert capsys.readouterr().err.startswith(told)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({}, "jina-demo is not the alias of one index"),
        ({"jina-demo": MAPPED[INDEX]}, "jina-demo is not the alias of one index"),
        ({INDEX: {"mappings": {"_meta": META}}}, f"{INDEX} is not yet as this version keeps it"),
    ],
    ids=["nothing", "an index of that name", "an earlier version"],
)
def test_what_cannot_be_mended_is_told(
    found: dict[str, Any],
    told: str,
    jinactl: Jinactl,
    cluster: Opened,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster.answers["GET /jina-demo"] = found or missing()
    assert jinactl("repair") == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "outputs", "told"),
    [
        (("backup",), {}, "The outputs name no volume of backups"),
        (("restore",), {**OWN_NODE, "stackId": ""}, "The outputs have no stackId"),
        (("restore",), OWN_NODE, "There is no whole backup of jina-demo. Copy some"),
        (("restore", "--snapshot", "none"), OWN_NODE, "There is no backup none."),
    ],
)
def test_a_backup_that_cannot_be_is_told(
    arguments: tuple[str, ...],
    outputs: dict[str, object],
    told: str,
    jinactl: Jinactl,
    cluster: Opened,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster.answers["GET /_snapshot/jina-backups/*"] = {"snapshots": []}
    cluster.answers["GET /_snapshot/jina-backups/none"] = missing()
    assert jinactl(*arguments, **outputs) == 1
    assert told in capsys.readouterr().err


def test_a_backup_that_was_taken_is_told_also_where_that_of_the_next_index_fails(
    jinactl: Jinactl, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def take(_client: object, alias: str, **_: object) -> Backup:
        if alias == "tickets":
            raise BackupError("is not whole")
        return backup()

    monkeypatch.setattr(backups, "take_backup", take)
    assert jinactl("backup", "--json", **OWN_NODE, indices=["jina-demo", "tickets"]) == 1
    assert json.loads(capsys.readouterr().out)["name"] == "first"


def test_a_backup_of_another_index_is_named_before_it_is_restored(
    jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    found = snapshot("of-another", 1)
    found["metadata"] = {**found["metadata"], "alias": "other"}
    cluster.answers["GET /_snapshot/jina-backups/*"] = {"snapshots": [found]}
    assert jinactl("restore", **OWN_NODE) == 1
    assert "Of other indices there are of-another: name one with --snapshot." in capsys.readouterr().err


def test_one_that_is_not_whole_is_not_restored(
    jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {"snapshots": [snapshot("broken", 1, state="PARTIAL")]}
    cluster.answers["GET /_snapshot/jina-backups/broken"] = broken
    assert jinactl("restore", "--snapshot", "broken", **OWN_NODE) == 1
    said = capsys.readouterr().err
    assert "not finished; the command can be run again" in said
    assert "The backup broken is not whole (PARTIAL)" in said


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        ([], []),
        (
            [snapshot("a", 0), snapshot("b", 1000, state="PARTIAL")],
            [
                "b  1970-01-01 00:00:01 UTC  12 documents of jina-demo  0.0 MB  "
                "jina-embeddings-v5-text-nano-retrieval F16 768 dims  PARTIAL",
                "a  1970-01-01 00:00:00 UTC  12 documents of jina-demo  0.0 MB  "
                "jina-embeddings-v5-text-nano-retrieval F16 768 dims",
            ],
        ),
    ],
    ids=["none", "two"],
)
def test_backups_are_listed_with_the_newest_first(
    found: list[dict[str, Any]],
    lines: list[str],
    jinactl: Jinactl,
    cluster: Opened,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster.answers["GET /_snapshot/jina-backups/*"] = {"snapshots": found}
    assert jinactl("backup", "--list", **OWN_NODE) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == lines
