"""`jinactl status` on a node, and on a gateway in front of doubles of its servers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from tests.contract.elasticsearch.people import fill
from tests.contract.elasticsearch.stack_resources import StackResources, Wanted
from tests.contract.elasticsearch.stale import change_past_the_pipeline
from tests.contract.gateway.running import double, gateway
from tests.contract.jinactl.command import jinactl, write_outputs
from tests.fixtures.embedding_server import PATH, EmbeddingServer

pytestmark = pytest.mark.sandbox


def told(outputs: Path, code: int) -> dict[str, Any]:
    """Run the command, which has to end with this code; return what it tells."""
    done = jinactl("status", "--outputs", outputs, "--json")
    assert (done.returncode, done.stderr) == (code, ""), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_state_of_a_stack_with_a_former_generation_and_a_lane_that_goes_down(
    wanted: Wanted, model: EmbeddingServer, client: Client, tmp_path: Path
) -> None:
    stack = StackResources()
    stack.up(replace(wanted, dims=128))
    fill(client, 3)
    stack.up(replace(wanted, dims=64))
    outputs = tmp_path / "outputs.json"

    with gateway() as running, double() as documents:
        with double() as queries:
            running.use("queries", queries)
            running.use("documents", documents)
            write_outputs(outputs, replace(wanted, dims=64), model, embeddingsUrl=f"{running.url}{PATH}")
            well = told(outputs, 0)
            shown = jinactl("status", "--outputs", outputs)
        down = told(outputs, 1)

    index = well["indices"]["jina-demo"]
    assert well["search_works"] is True
    assert well["cluster"]["version"] == "9.5.3"
    assert [(one["role"], one["dims"], one["documents"]) for one in index["generations"]] == [
        ("live", 64, 13),
        ("kept", 128, 13),
    ]
    assert index["embeddings"] == {"stale": 0, "without": 0, "whole": True}
    (disk,) = well["disks"]
    assert 0 < disk["flood"] == 1024**3 < disk["free"] < disk["total"]
    assert [one["requests"] for one in well["gateway"]["lanes"]] == [0, 0]
    assert "jina-demo: 13 documents, green" in shown.stdout
    assert "days left" in shown.stdout, shown.stdout
    assert ("lane", "queries") in [(one["part"], one["subject"]) for one in down["troubles"]]

    change_past_the_pipeline(client, {"demo-01": "another text"})
    assert told(outputs, 1)["indices"]["jina-demo"]["embeddings"]["stale"] == 1
