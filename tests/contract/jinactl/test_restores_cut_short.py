"""Backups and restores that are disturbed: the process ends, people write meanwhile, or files are copied elsewhere."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch.backups import handover, repository, restoring, verifying
from components.elasticsearch.backups.contents import Count, count_generation
from components.elasticsearch.backups.taking import take_backup
from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import DocumentsAtRiskError
from components.elasticsearch.generations import deletion
from tests.contract.elasticsearch.people import assert_holds, fill
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.jinactl.backup_nodes import (
    DEMO,
    back_up,
    behind,
    node,
    other_index,
    outputs,
    restore,
    shared_node,
    volume,
    wanted,
)
from tests.contract.jinactl.command import jinactl
from tests.fixtures.elasticsearch_node import Node

__all__ = ["node", "outputs", "shared_node", "volume", "wanted"]

pytestmark = pytest.mark.sandbox


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
        none = jinactl("backup", "--outputs", outputs, "--list")
        assert (none.stdout, none.returncode) == ("", 0)
        assert "there are no backups yet" in none.stderr
        with copied.open("rb") as given:
            subprocess.run(["docker", "cp", "-", f"{node.name}:{location}"], stdin=given, check=True)
        restore(outputs)
        assert_holds(client, wanted, contents)
        # The copied files belong to the node's user again.
        back_up(outputs)
