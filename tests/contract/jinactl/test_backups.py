"""Taking and restoring backups as people do, on nodes that share the volume for backups, for each way to embed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch.backups import repository
from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from tests.contract.elasticsearch.people import assert_holds, fill
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.jinactl.backup_nodes import (
    DEMO,
    OTHER,
    back_up,
    behind,
    node,
    node_with_backups,
    other_index,
    outputs,
    outputs_of,
    restore,
    shared_node,
    volume,
    wanted,
)
from tests.contract.jinactl.command import jinactl
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

__all__ = ["node", "outputs", "shared_node", "volume", "wanted"]

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize("in_client", [False, True], ids=["inference", "client"])
def test_everything_is_found_again_on_another_node(
    in_client: bool, wanted: Wanted, node: Node, volume: str, model: EmbeddingServer, tmp_path: Path
) -> None:
    if in_client:
        node.to_basic()
        wanted.local_embeddings_url = model.url
    StackResources().up(replace(wanted, dims=128))
    contents: dict[str, str] = dict(DEMO)
    lines = [{"_id": f"{number:03}", "content": f"text {number}", "number": number} for number in range(60)]
    given = "".join(json.dumps(line) + "\n" for line in lines)
    first = outputs_of(replace(wanted, dims=128), model, tmp_path)
    assert jinactl("ingest", "--outputs", first, "-", given=given).returncode == 0
    contents |= {str(line["_id"]): str(line["content"]) for line in lines}
    # A second generation, so that the first one is kept beside it.
    StackResources().up(wanted)
    with Client(wanted.connection) as client:
        generation = behind(client)
        client.request("DELETE", f"/{ALIAS}/_doc/007")
        del contents["007"]
        mine = {"filter": {"term": {"number": 3}}}
        client.request(
            "POST", "/_aliases", {"actions": [{"add": {"index": generation, "alias": "mine", **mine}}]}
        )
        other_index(client)
    told = back_up(outputs_of(wanted, model, tmp_path))
    assert "69 documents of jina-demo" in told
    assert "archive" in told
    assert "whole: 69 documents" in told

    with node_with_backups(volume) as fresh:
        if in_client:
            fresh.to_basic()
        connection = Connection(url=fresh.url, user=fresh.user, password=fresh.password)
        new = replace(wanted, connection=connection, owner=OTHER)
        stack = StackResources()
        stack.up(new)
        told = restore(outputs_of(new, model, tmp_path))
        assert "69 documents are there" in told
        assert "pulumi up --refresh" in told
        with Client(connection) as client:
            assert_holds(client, new, contents)
            restored = behind(client)
            assert sorted(client.request("GET", "/*")) == sorted(["archive", "ledger", restored])
            live = client.request("GET", f"/{restored}")[restored]
            assert live["mappings"]["_meta"]["owner"] == OTHER
            assert live["aliases"]["mine"] == mine
            assert live["settings"]["index"]["default_pipeline"] == (
                "_none" if in_client else new.pipeline_id
            )
            assert client.request("GET", "/books/_count")["count"] == 1
            assert client.request("GET", "/archive/_count")["count"] == 1
            source = client.request("GET", f"/{ALIAS}/_doc/008")["_source"]
            assert {key: source[key] for key in ("content", "number")} == {"content": "text 8", "number": 8}
            stack.refresh()
            stack.up(new)
            assert behind(client) == restored
            again = jinactl("ingest", "--outputs", outputs_of(new, model, tmp_path), "-", given=given)
            assert again.returncode == 0, again.stderr
            assert_holds(client, new, {**contents, "007": "text 7"})


@pytest.mark.parametrize(
    "changes", [{"dims": 32}, {"dims": 256}, {"sha256": "b" * 64, "quant": "Q2_K"}], ids=str
)
def test_a_backup_of_other_dims_or_of_another_quant_is_migrated_by_the_next_up(
    changes: dict[str, Any], wanted: Wanted, node: Node, outputs: Path, model: EmbeddingServer, tmp_path: Path
) -> None:
    StackResources().up(wanted)
    with Client(wanted.connection) as client:
        contents = {**DEMO, **fill(client, 30)}
        back_up(outputs)
        node.clean()
        new = replace(wanted, owner=OTHER, **changes)
        stack = StackResources()
        stack.up(new)
        restore(outputs_of(new, model, tmp_path))
        assert_holds(client, wanted, contents)
        # A document written before the next update gets an embedding of the same kind as the restored ones.
        contents |= fill(client, 1, first=30)
        stack.refresh()
        stack.up(new)
        assert_holds(client, new, contents)
        meta = client.request("GET", f"/{ALIAS}")[behind(client)]["mappings"]["_meta"]
        assert meta["identity"] == new.identity().as_dict()
        stack.refresh()
        assert stack.up(new) == []


def test_documents_that_are_there_are_not_replaced(wanted: Wanted, outputs: Path) -> None:
    StackResources().up(wanted)
    with Client(wanted.connection) as client:
        contents = {**DEMO, **fill(client, 5)}
        back_up(outputs)
        refused = jinactl("restore", "--outputs", outputs)
        assert refused.returncode == 1
        assert "holds 5 documents that this stack did not put there" in refused.stderr
        assert sorted(client.request("GET", "/*")) == [behind(client)]
        assert_holds(client, wanted, contents)


def test_an_index_of_peoples_that_is_there_is_not_replaced(wanted: Wanted, node: Node, outputs: Path) -> None:
    StackResources().up(wanted)
    with Client(wanted.connection) as client:
        fill(client, 5)
        other_index(client)
        back_up(outputs)
        node.clean()
        StackResources().up(wanted)
        client.request("PUT", "/ledger/_doc/2", {"amount": 4}, query={"refresh": "true"})
        before = sorted(client.request("GET", "/*"))
        refused = jinactl("restore", "--outputs", outputs)
        assert refused.returncode == 1
        assert "also holds ledger, and there is something of that name here already" in refused.stderr
        assert sorted(client.request("GET", "/*")) == before
        assert client.request("GET", "/ledger/_count")["count"] == 1


def test_the_newest_are_kept_and_listed(wanted: Wanted, outputs: Path) -> None:
    StackResources().up(wanted)
    repositories = f"/_snapshot/{repository.REPOSITORY}"
    with Client(wanted.connection) as client:
        for number in range(3):
            fill(client, 1, first=number)
            told = back_up(outputs, "--keep", "2")
        assert "since 2 are kept" in told
        client.request("PUT", f"{repositories}/not-of-this-project", query={"wait_for_completion": "true"})
        back_up(outputs, "--keep", "1")
        left = [one["snapshot"] for one in client.request("GET", f"{repositories}/*")["snapshots"]]
    listed = jinactl("backup", "--outputs", outputs, "--list")
    assert len(left) == 2
    assert "not-of-this-project" in left
    (line,) = listed.stdout.splitlines()
    for part in ("jina-demo-", "UTC", "13 documents of jina-demo", "MB", "m F16 64 dims"):
        assert part in line


def test_each_index_of_a_stack_has_backups_of_its_own_and_is_restored_by_name(
    wanted: Wanted, node: Node, model: EmbeddingServer, tmp_path: Path
) -> None:
    two = replace(wanted, additional=("tickets",))
    indices = {"indices": [ALIAS, "tickets"]}
    StackResources().up(replace(two, dims=128))
    outputs = outputs_of(two, model, tmp_path, **indices)
    with Client(wanted.connection) as client:
        first = {**DEMO, **fill(client, 5)}
        second = fill(client, 7, words="ticket", alias="tickets")
        # A second generation of each, so that former ones are kept beside them.
        StackResources().up(two)
        other_index(client)
        told = back_up(outputs)
        assert "15 documents of jina-demo, 1 of other indices" in told
        assert "7 documents of tickets, 0 of other indices" in told
        node.clean()
        new = replace(two, owner=OTHER)
        stack = StackResources()
        stack.up(new)
        outputs = outputs_of(new, model, tmp_path, **indices)
        assert "tickets has backups of its own: jinactl restore --index tickets" in restore(outputs)
        assert client.request("GET", "/tickets/_count")["count"] == 0
        assert "7 documents are there" in restore(outputs, "--index", "tickets")
        stack.refresh()
        stack.up(new)
        assert_holds(client, new, first)
        assert_holds(client, new, second, "tickets")
        # One generation of each, and what people had beside them.
        assert len(client.request("GET", "/*")) == 4
        assert client.request("GET", "/books/_count")["count"] == 1
        back_up(outputs, "--index", "tickets", "--keep", "1")
    listed = jinactl("backup", "--outputs", outputs, "--list").stdout
    assert (listed.count("of tickets"), listed.count("of jina-demo")) == (1, 1)


def test_a_backup_of_before_an_index_was_the_stacks_is_not_restored_beside_it(
    wanted: Wanted, node: Node, model: EmbeddingServer, tmp_path: Path
) -> None:
    two = replace(wanted, additional=("tickets",))
    StackResources().up(two)
    with Client(wanted.connection) as client:
        fill(client, 3, alias="tickets")
        # Outputs of before do not name it.
        assert "3 of other indices" in back_up(outputs_of(wanted, model, tmp_path))
        node.clean()
        StackResources().up(two)
        before = sorted(client.request("GET", "/*"))
        outputs = outputs_of(two, model, tmp_path, indices=[ALIAS, "tickets"])
        refused = jinactl("restore", "--outputs", outputs)
        assert refused.returncode == 1
        assert "of tickets, which is an index of this stack now" in refused.stderr
        assert sorted(client.request("GET", "/*")) == before
