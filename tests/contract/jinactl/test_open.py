"""`jinactl open` as people run it, on a node."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.elasticsearch.stack_resources import StackResources, Wanted
from tests.contract.jinactl.command import jinactl, write_outputs
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

SECONDS = 30


@contextmanager
def opened(outputs: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the command; yield the address that it prints, and the process."""
    command = [sys.executable, "-m", "jinactl", "open", "--outputs", str(outputs), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


def test_the_page_searches_the_index_in_each_mode_and_ends_quietly(
    wanted: Wanted, model: EmbeddingServer, node: Node, tmp_path: Path
) -> None:
    stack = replace(wanted, dims=64)
    StackResources().up(stack)
    outputs = tmp_path / "outputs.json"
    write_outputs(outputs, stack, model)

    with opened(outputs) as (url, process), requests.Session() as browser:
        page = url.partition("?")[0]
        assert requests.get(f"{page}about", timeout=SECONDS).status_code == 403
        browser.get(url, timeout=SECONDS).raise_for_status()

        def search(mode: str, *filters: str) -> requests.Response:
            asked: dict[str, Any] = {
                "index": "",
                "query": "Kubernetes memory",
                "mode": mode,
                "size": 3,
                "filters": list(filters),
            }
            return browser.post(f"{page}search", json=asked, timeout=SECONDS)

        about: dict[str, Any] = browser.get(f"{page}about", timeout=SECONDS).json()
        found = {mode: search(mode).json() for mode in ("semantic", "text", "hybrid")}
        filtered = search("semantic", "_id=demo-07").json()
        refused = search("text", "colour=red")
        model.fail(503, 1000)
        down = search("semantic")
        model.fail(503, 0)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=SECONDS)

    assert "content" in about.pop("fields")
    name = {"index": "jina-demo", "indices": ["jina-demo"]}
    assert about == {**name, "model": "m", "quant": "F16", "dims": 64}
    assert [len(found[mode]["hits"]) for mode in ("semantic", "hybrid")] == [3, 3]
    first = found["text"]["hits"][0]
    assert first["id"] == "demo-01"
    assert ["Kubernetes", True] in first["snippet"]
    assert [one["id"] for one in filtered["hits"]] == ["demo-07"]
    assert (refused.status_code, "no field colour" in refused.json()["error"]) == (400, True)
    assert (down.status_code, "gave no embedding" in down.json()["error"]) == (503, True)
    assert process.returncode == 0, told
    assert node.password not in json.dumps([about, found, told])
    assert "token" not in told[1]


def test_what_keeps_the_page_from_opening_is_told(
    wanted: Wanted, model: EmbeddingServer, tmp_path: Path
) -> None:
    outputs = tmp_path / "outputs.json"
    write_outputs(outputs, wanted, model)
    done = jinactl("open", "--outputs", outputs, "--no-browser")
    assert (done.returncode, done.stdout) == (1, "")
    assert "jina-demo has no embeddings to search in: `pulumi up` makes the index." in done.stderr
