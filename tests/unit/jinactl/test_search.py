"""`jinactl search`: its modes and filters, and what is wrong usage."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.fixtures.embedding_server import EmbeddingServer
from tests.unit.jinactl.conftest import Jinactl, Opened
from tests.unit.project import PROJECT_DIRECTORY

HITS = {"hits": {"hits": [{"_id": "1", "_score": 0.03, "sort": [1, 1], "_source": {"content": "text"}}]}}


def searched(cluster: Opened) -> list[Any]:
    """Return the bodies of the searches that were sent."""
    return [body for path, body in cluster.asked if path.endswith("_search")]


def test_by_words_nothing_is_embedded(jinactl: Jinactl, cluster: Opened, model: EmbeddingServer) -> None:
    model.reset()
    cluster.answers["POST /jina-demo/_search"] = HITS
    assert jinactl("search", "killed", "--mode", "text") == 0
    assert model.texts == []
    assert searched(cluster)[0]["query"] == {"match": {"content": {"query": "killed"}}}


def test_each_filter_narrows_the_search(jinactl: Jinactl, cluster: Opened) -> None:
    cluster.answers["POST /jina-demo/_search"] = HITS
    assert jinactl("search", "killed", "--filter", "_id=1", "--filter", '{"term": {"a": 1}}') == 0
    assert searched(cluster)[0]["knn"]["filter"] == [{"ids": {"values": ["1"]}}, {"term": {"a": 1}}]


def test_an_explanation_is_told_beside_the_hits(
    jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.answers |= {"POST /jina-demo/_search": HITS, "POST /_search": HITS}
    cluster.answers["POST /jina-demo/_pit"] = {"id": "point"}
    assert jinactl("search", "killed", "--mode", "hybrid", "--explain", "--json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["semantic"] == {"rank": 1, "score": 0.03}
    assert json.loads(told.err)["fused_by"] == "the rrf retriever of Elasticsearch"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([" "], "QUERY is empty"),
        (["a\udcff"], "must be text in UTF-8"),
        (["a", "--filter", "digest=1"], "no field digest. Did you mean content_digest?"),
        (["a", "--filter", "{oops"], "The filter {oops is not JSON"),
    ],
    ids=["empty", "not UTF-8", "unknown field", "not JSON"],
)
def test_what_cannot_be_asked_is_wrong_usage(
    arguments: list[str], told: str, jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    assert jinactl("search", *arguments) == 2
    assert told in capsys.readouterr().err
    assert searched(cluster) == []


def test_a_reader_that_went_away_ends_it_quietly() -> None:
    """`jinactl search … | head -1`, where head is gone before the first hit is printed."""
    program = (
        "import os; from jinactl import app, found; from jinactl.commands import search;"
        "from tests.unit.jinactl.test_found import HIT, SEARCHED; from components.elasticsearch.embedding.search "
        "import Answer; search.read_stack = lambda *_: None;"
        "search._ask = lambda *_, **__: Answer(hits=[HIT] * 5000, searched=SEARCHED);"
        "raise SystemExit(app.run(['search', 'a', *os.sys.argv[1:]]))"
    )
    for options in ([], ["--json"]):
        with subprocess.Popen(
            [sys.executable, "-c", program, *options],
            cwd=PROJECT_DIRECTORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stdout is not None
            assert running.stderr is not None
            assert running.stdout.readline()
            running.stdout.close()
            assert running.stderr.read() == ""
