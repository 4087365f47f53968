"""`jinactl ingest` on a node: every format, long texts, and what networks, nodes and people do to it meanwhile."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from components.elasticsearch.client.client import Client
from tests.contract.elasticsearch.faulty_proxy import FaultyProxy, faulty_proxy
from tests.contract.elasticsearch.people import assert_holds
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.jinactl.command import jinactl, write_outputs
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer, tokens_of

pytestmark = pytest.mark.sandbox

MANY = 240


@pytest.fixture
def stack(wanted: Wanted) -> Wanted:
    """Bring up a stack in which Elasticsearch embeds."""
    changed = replace(wanted, dims=64, demo_documents=False)
    StackResources().up(changed)
    return changed


@pytest.fixture
def outputs(stack: Wanted, model: EmbeddingServer, tmp_path: Path) -> Path:
    """Write the stack's outputs to a file."""
    path = tmp_path / "outputs.json"
    write_outputs(path, stack, model)
    return path


@pytest.fixture
def many(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Write a file of many documents; return it, and their contents by id."""
    contents = {f"{number:04}": f"text {number}" for number in range(MANY)}
    path = tmp_path / "many.ndjson"
    path.write_text(
        "".join(json.dumps({"_id": id_, "content": text}) + "\n" for id_, text in contents.items())
    )
    return path, contents


def contents_of(client: Client) -> dict[str, str]:
    """Return the contents of all documents by id."""
    client.request("POST", f"/{ALIAS}/_refresh")
    answer = client.request("POST", f"/{ALIAS}/_search", {"size": 1000, "_source": ["content"]})
    return {hit["_id"]: hit["_source"]["content"] for hit in answer["hits"]["hits"]}


def test_every_format_goes_in_and_bad_lines_are_rejects(
    outputs: Path, client: Client, tmp_path: Path
) -> None:
    files: dict[str, bytes] = {
        "a.ndjson": b"\xef\xbb\xbf"
        b'{"_id": "line", "content": "line"}\n{"content": "\\ud800"}\n{"content": "x", "n": NaN}\n',
        "b.json": b'[{"_id": "element", "content": "element"}, {"content": 3}]',
        "c.bulk": b'{"create": {"_id": "bulk", "_index": "other", "routing": "r"}}\n{"content": "bulk"}\n'
        b'{"delete": {"_id": "line"}}\n',
        "d.csv": b"_id;content\nrow;row\nshort\n",
        "e.tsv.gz": gzip.compress(b"_id\tcontent\ntab\ttab\n"),
        "notes/f.md": b"# Title\n\nnote",
        "notes/sub/g.txt": b"plain",
    }
    for name, content in files.items():
        (tmp_path / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "files" / name).write_bytes(content)
    paths = [*sorted((tmp_path / "files").glob("?.*")), tmp_path / "files" / "notes"]
    rejects = tmp_path / "rejects.ndjson"

    given = '{"_id": "piped", "content": "piped"}\n{"_id": "n", "content": "n", "nested": {"number": 1}}\n'
    done = jinactl("ingest", "--outputs", outputs, "--rejects", rejects, "--json", *paths, "-", given=given)

    assert done.returncode == 3, done.stderr
    expected = {one: one for one in ("line", "element", "bulk", "row", "tab", "piped", "n")}
    texts = {"notes/f.md": "# Title\n\nnote", "notes/sub/g.txt": "plain"}
    assert contents_of(client) == expected | texts
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [(Path(one["source"]).name, one["line"]) for one in told] == [
        ("a.ndjson", 2),
        ("a.ndjson", 3),
        ("b.json", 2),
        ("c.bulk", 3),
        ("d.csv", 3),
    ]
    counted = json.loads(done.stdout)
    assert (counted["written"], counted["rejected"]) == (9, 5)

    # What the index refuses is a reject, too, and what is there is not embedded again.
    again = jinactl(
        "ingest",
        "--outputs",
        outputs,
        "--json",
        "-",
        given=given + '{"_id": "m", "content": "m", "nested": 3}',
    )
    assert again.returncode == 3, again.stderr
    assert "rejected: standard input, line 3: " in again.stderr
    counted = json.loads(again.stdout)
    assert (counted["unchanged"], counted["written"], counted["rejected"]) == (2, 0, 1)


def test_a_long_text_is_refused_by_name_or_split_and_what_a_longer_one_left_is_told_then_deleted(
    outputs: Path, stack: Wanted, client: Client, model: EmbeddingServer
) -> None:
    model.context = 100
    sentences = [f"This is sentence number {number} of a long text." for number in range(60)]
    document = {"_id": "book", "content": " ".join(sentences), "author": "A"}
    ingest = ("ingest", "--outputs", outputs, "--json", "-")

    refused = jinactl(*ingest, given=json.dumps(document) + '\n{"_id": "short", "content": "short"}')
    assert refused.returncode == 3, refused.stderr
    assert "line 1: too long: " in refused.stderr
    assert "the server takes 100; --chunk splits it" in refused.stderr
    assert contents_of(client) == {"short": "short"}

    split = jinactl(*ingest, "--chunk", "64", "--overlap", "20", given=json.dumps(document))
    assert split.returncode == 0, split.stderr
    found = client.request(
        "POST", f"/{ALIAS}/_search", {"size": 100, "query": {"match": {"author": "A"}}, "sort": "chunk"}
    )
    chunks = [hit["_source"] for hit in found["hits"]["hits"]]
    assert [hit["_id"] for hit in found["hits"]["hits"]] == [
        f"book#{number}" for number in range(1, len(chunks) + 1)
    ]
    assert {one["source"] for one in chunks} == {"book"}
    assert all(tokens_of(one["content"]) <= 64 for one in chunks)
    assert all(document["content"][one["chunk_start"] : one["chunk_end"]] == one["content"] for one in chunks)
    assert {text for one in chunks for text in sentences if text in one["content"]} == set(sentences)

    shorter = json.dumps({**document, "content": " ".join(sentences[:6])})
    told = jinactl(*ingest, "--chunk", "64", "--overlap", "20", given=shorter)
    assert (told.returncode, json.loads(told.stdout)["left"]) == (0, len(chunks) - 2)
    assert "documents of before are left" in told.stderr
    cleared = jinactl(*ingest, "--chunk", "64", "--overlap", "20", "--replace", given=shorter)
    assert json.loads(cleared.stdout)["deleted"] == len(chunks) - 2
    assert set(contents_of(client)) == {"short", "book#1", "book#2"}
    assert_holds(client, stack, contents_of(client))


@contextmanager
def running(*arguments: str | Path) -> Iterator["subprocess.Popen[str]"]:
    """Run the command beside the test."""
    command = [sys.executable, "-m", "jinactl", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_documents(client: Client, least: int) -> None:
    """Wait until the index holds some documents."""
    while int(client.request("GET", f"/{ALIAS}/_count")["count"]) < least:
        client.request("POST", f"/{ALIAS}/_refresh")
        time.sleep(0.05)


def cut(proxy: FaultyProxy, node: Node, client: Client) -> None:  # noqa: ARG001 (each fault gets all)
    """Throw an answer away after the documents were written, and be unavailable a few times."""
    for _ in range(3):
        proxy.cut_after = "_bulk"
        time.sleep(0.2)
    proxy.unavailable = 4


def close_for_a_while(proxy: FaultyProxy, node: Node, client: Client) -> None:  # noqa: ARG001
    """Close the index to writers, as a migration does, and open it again."""
    (index,) = client.request("GET", f"/{ALIAS}")
    client.request("PUT", f"/{index}/_block/write")
    time.sleep(4)
    client.request("PUT", f"/{index}/_settings", {"index.blocks.write": None})


def restart(proxy: FaultyProxy, node: Node, client: Client) -> None:  # noqa: ARG001
    """Crash the node and start it again."""
    node.kill()
    time.sleep(1)
    node.start()


@pytest.mark.parametrize("fault", [cut, close_for_a_while, restart], ids=["cuts", "closed", "restart"])
def test_whatever_happens_meanwhile_every_document_is_there_once(
    fault: Callable[[FaultyProxy, Node, Client], None],
    outputs: Path,
    stack: Wanted,
    model: EmbeddingServer,
    client: Client,
    node: Node,
    many: tuple[Path, dict[str, str]],
) -> None:
    path, contents = many
    model.delay_seconds = 0.02
    with faulty_proxy(stack.connection.url) as proxy:
        write_outputs(outputs, stack, model, elasticsearchUrl=proxy.url)
        with running("ingest", "--outputs", outputs, path) as process:
            wait_for_documents(client, 16)
            fault(proxy, node, client)
            told = process.communicate(timeout=120)[1]
    assert process.returncode == 0, told
    if fault is not cut:
        assert "waiting for up to 10 minutes: " in told
        assert "going on after " in told
    assert_holds(client, stack, contents)


def test_an_ingest_that_was_killed_or_interrupted_goes_on_where_it_was(
    outputs: Path, stack: Wanted, model: EmbeddingServer, client: Client, many: tuple[Path, dict[str, str]]
) -> None:
    path, contents = many
    model.delay_seconds = 0.02
    with faulty_proxy(stack.connection.url) as proxy:
        write_outputs(outputs, stack, model, elasticsearchUrl=proxy.url)
        for ended_by in (signal.SIGKILL, signal.SIGINT):
            proxy.requests.clear()
            with running("ingest", "--outputs", outputs, path) as process:
                while sum("_bulk" in asked for asked in list(proxy.requests)) < 4:
                    time.sleep(0.02)
                os.kill(process.pid, ended_by)
                told = process.communicate(timeout=30)[1]
    assert process.returncode == 130, told
    assert "interrupted; running the command again goes on" in told
    write_outputs(outputs, stack, model)
    time.sleep(1)  # what was sent is still carried out
    there = len(contents_of(client))
    model.requests.clear()
    done = jinactl("ingest", "--outputs", outputs, "--json", path)
    assert done.returncode == 0, done.stderr
    counted = json.loads(done.stdout)
    assert counted["written"] + counted["unchanged"] == MANY
    assert counted["unchanged"] >= there
    assert len(model.texts) == counted["written"]
    assert_holds(client, stack, contents)


def test_other_fields_are_changed_without_embedding_again(
    outputs: Path, stack: Wanted, model: EmbeddingServer, client: Client
) -> None:
    lines = "".join(
        json.dumps({"_id": str(number), "content": f"text {number}", "seen": False}) + "\n"
        for number in range(5)
    )
    assert jinactl("ingest", "--outputs", outputs, "-", given=lines).returncode == 0
    model.requests.clear()
    done = jinactl("ingest", "--outputs", outputs, "--json", "-", given=lines.replace("false", "true"))
    assert (done.returncode, json.loads(done.stdout)["fields"]) == (0, 5), done.stderr
    assert model.texts == []
    assert client.request("GET", f"/{ALIAS}/_doc/3")["_source"]["seen"] is True
    assert_holds(client, stack, {str(number): f"text {number}" for number in range(5)})
