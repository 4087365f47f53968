"""Backups as people take and restore them: on nodes that share the volume of backups, whoever embeds."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docker.client import DockerClient

from components.elasticsearch.backups import handover, repository, restoring, verifying
from components.elasticsearch.backups.contents import Count, count_generation
from components.elasticsearch.backups.taking import take_backup
from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.documents.demo import DEMO_DOCUMENTS
from components.elasticsearch.errors import DocumentsAtRiskError
from components.elasticsearch.generations import deletion
from tests.contract.elasticsearch.people import assert_holds, fill
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.jinactl.test_commands import jinactl, write_outputs
from tests.fixtures.elasticsearch_node import Node, start_node
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

DEMO = {one.id: one.content for one in DEMO_DOCUMENTS}
OTHER = "stack-of-another-life"


@pytest.fixture(scope="module")
def volume(elasticsearch_image: str) -> Iterator[str]:
    """Make a volume that the node's user may write to."""
    engine = DockerClient.from_env()
    made = engine.volumes.create(f"es-backups-test-{secrets.token_hex(4)}")
    engine.containers.run(
        elasticsearch_image,
        ["-c", "chown 1000:0 /backups"],
        entrypoint="bash",
        user="0",
        volumes={made.name: {"bind": "/backups", "mode": "rw"}},
        remove=True,
    )
    yield str(made.name)
    made.remove(force=True)


@contextmanager
def node_with_backups(volume: str) -> Iterator[Node]:
    """Run a node that has the volume where the stack's own has it."""
    location = repository.LOCATION
    with start_node(settings={"path.repo": location}, volumes={location: volume}) as node:
        yield node


@pytest.fixture(scope="module")
def shared_node(volume: str) -> Iterator[Node]:
    """Run one node for all tests."""
    with node_with_backups(volume) as node:
        yield node


@pytest.fixture
def node(shared_node: Node) -> Node:
    """Return the node, empty, without backups, and on the trial licence."""
    shared_node.clean()
    for snapshot in (
        shared_node.send("GET", f"/_snapshot/{repository.REPOSITORY}/*").json().get("snapshots", [])
    ):
        shared_node.send("DELETE", f"/_snapshot/{repository.REPOSITORY}/{snapshot['snapshot']}")
    return shared_node


@pytest.fixture
def wanted(node: Node, model: EmbeddingServer) -> Wanted:
    """Return the settings of a stack on that node."""
    connection = Connection(url=node.url, user=node.user, password=node.password)
    return Wanted(connection=connection, embeddings_url=model.container_url, dims=64)


@pytest.fixture
def outputs(wanted: Wanted, model: EmbeddingServer, tmp_path: Path) -> Path:
    """Return a file with the outputs of the stack."""
    return outputs_of(wanted, model, tmp_path)


def outputs_of(wanted: Wanted, model: EmbeddingServer, folder: Path) -> Path:
    path = folder / f"outputs-{wanted.owner}-{wanted.dims}.json"
    write_outputs(
        path,
        wanted,
        model,
        elasticsearchBackupVolume="a volume",
        stackId=wanted.owner,
        pipeline=wanted.pipeline_id,
    )
    return path


def back_up(outputs: Path, *arguments: str) -> str:
    done = jinactl("backup", "--outputs", outputs, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


def restore(outputs: Path, *arguments: str) -> str:
    done = jinactl("restore", "--outputs", outputs, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


def behind(client: Client) -> str:
    (index,) = client.request("GET", f"/{ALIAS}")
    return str(index)


def other_index(client: Client) -> None:
    """Have people keep an index of their own, with an alias, and one that is closed."""
    body = {"aliases": {"books": {}}, "settings": {"number_of_replicas": 0}}
    client.request("PUT", "/ledger", body)
    client.request("PUT", "/ledger/_doc/1", {"amount": 3}, query={"refresh": "true"})
    client.request("PUT", "/archive/_doc/1", {"year": 1999}, query={"refresh": "true"})
    client.request("POST", "/archive/_close")


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
        # What is written before the next up fits what is there.
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


class CutError(Exception):
    """Stands for the end of the process."""


STEPS = {
    "once it is begun": (verifying, "wait_until_there"),
    "once it is there": (restoring, "_verify"),
    "once it is verified": (handover, "take_over"),
    "once it has its owner": (handover, "give_pipeline"),
    "before the switch": (handover, "_move"),
    "after the switch": (deletion, "delete_generation"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_restore_that_was_interrupted_is_run_again(
    step: str, wanted: Wanted, outputs: Path, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    StackResources().up(wanted)
    with Client(wanted.connection) as client:
        contents = {**DEMO, **fill(client, 20)}
        other_index(client)
        back_up(outputs)
        node.clean()
        stack = StackResources()
        stack.up(wanted)
        fresh = behind(client)
        target = handover.Target(
            alias=ALIAS, owner=wanted.owner, pipeline_id=wanted.pipeline_id, inference_id=wanted.inference_id
        )
        repository.open_repository(client)
        (backup,) = repository.read_backups(client)

        def cut(*_: object, **__: object) -> None:
            raise CutError

        with monkeypatch.context() as patched:
            patched.setattr(*STEPS[step], cut)
            with pytest.raises(CutError):
                restoring.restore_backup(client, target, backup, print)
        if step != "after the switch":
            assert behind(client) == fresh
            restore(outputs)
        assert_holds(client, wanted, contents)
        stack.refresh()
        stack.up(wanted)
        assert_holds(client, wanted, contents)
        fill(client, 1)
        ours = {one for one in client.request("GET", "/*") if one.startswith(ALIAS)} - {fresh}
        assert ours == {behind(client)}
        assert client.request("GET", "/ledger/_count")["count"] == 1


def test_a_document_that_is_written_meanwhile_stops_the_switch(
    wanted: Wanted, outputs: Path, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    StackResources().up(wanted)
    with Client(wanted.connection) as client:
        fill(client, 5)
        back_up(outputs)
        node.clean()
        StackResources().up(wanted)
        repository.open_repository(client)
        (backup,) = repository.read_backups(client)
        given = handover.give_pipeline

        def give(*arguments: Any) -> None:
            given(*arguments)
            client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "written meanwhile"})

        monkeypatch.setattr(handover, "give_pipeline", give)
        target = handover.Target(
            alias=ALIAS, owner=wanted.owner, pipeline_id=wanted.pipeline_id, inference_id=wanted.inference_id
        )
        with pytest.raises(DocumentsAtRiskError, match="holds 1 document that"):
            restoring.restore_backup(client, target, backup, print)
        assert_holds(client, wanted, {**DEMO, "mine": "written meanwhile"})
        client.request("PUT", f"/{ALIAS}/_doc/later", {"content": "the index is open to writers again"})


def test_what_is_written_while_a_backup_is_taken_is_no_fault(
    wanted: Wanted, outputs: Path, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    StackResources().up(wanted)
    with Client(wanted.connection) as client:
        contents = {**DEMO, **fill(client, 5)}

        def counted(asked: Client, index: str) -> Count:
            found = count_generation(asked, index)
            if "more" not in contents:
                client.request("PUT", f"/{ALIAS}/_doc/more", {"content": "written meanwhile"})
                contents["more"] = "written meanwhile"
            return found

        told: list[str] = []
        with monkeypatch.context() as patched:
            patched.setattr("components.elasticsearch.backups.taking.count_generation", counted)
            take_backup(client, ALIAS, keep=1, say=told.append)
        assert any("documents were written meanwhile, and there are 16" in line for line in told)
        node.clean()
        StackResources().up(wanted)
        assert "16 documents; 15 when the backup was begun" in restore(outputs)
        assert_holds(client, wanted, contents)


def test_backups_that_were_copied_elsewhere_are_restored_from_there(
    wanted: Wanted, outputs: Path, node: Node, tmp_path: Path
) -> None:
    location = repository.LOCATION
    StackResources().up(wanted)
    with Client(wanted.connection) as client:
        contents = {**DEMO, **fill(client, 5)}
        back_up(outputs)
        copied = tmp_path / "backups.tar"
        with copied.open("wb") as written:
            command = ["docker", "cp", f"{node.name}:{location}/.", "-"]
            subprocess.run(command, stdout=written, check=True)
        node.clean()
        assert node.container.exec_run(["bash", "-c", f"rm -r {location}/*"]).exit_code == 0
        StackResources().up(wanted)
        assert jinactl("backup", "--outputs", outputs, "--list").stdout == "there are no backups yet\n"
        with copied.open("rb") as given:
            subprocess.run(["docker", "cp", "-", f"{node.name}:{location}"], stdin=given, check=True)
        restore(outputs)
        assert_holds(client, wanted, contents)
        # What was copied belongs to the node's user again.
        back_up(outputs)
