"""What people indexed outlives the names of stack and project, other passwords and images, and the stack's own state.

The tests follow one another on one stack, whose names and state change on the way.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from docker.client import DockerClient
from docker.models.containers import Container

from sandbox.machine.ports import free_port
from sandbox.preparation import Prepared
from sandbox.pulumi.stack import PROJECT_DIRECTORY, SandboxStack
from sandbox.show.answers import demo_answers
from tests.e2e.conftest import containers, made_stack, new_stack, remove_left_overs, volumes
from tests.e2e.resources import held

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

NAME = "kept"
RENAMED = "kept-renamed"
OTHER_PROJECT = "jina-kept"
CONTENT = "A document that must be there whatever becomes of names."
NODE = "docker:index/container:Container elasticsearch"
IMAGE = "elasticsearch:9.5.3"
OLDER, BROKEN = "jina-search-test/elasticsearch:9.4.0", "jina-search-test/elasticsearch:9.5.9"
SERVER_PORT, ELASTICSEARCH_PORT = 18580, 19700
AT_ONCE = 60
"""Seconds within which a node that can't start is reported, and a refusal comes, of an update that does more."""


@dataclass
class Kept:
    """The stack as it is called now, the project's folder under its other name, and what it is prepared with."""

    stack: SandboxStack
    folder: Path
    prepared: Prepared

    def up(self) -> None:
        finished = self.stack.up(capture=True)
        assert finished.exit_code == 0, finished.output

    def refused(self) -> str:
        """Bring the stack up, expecting a failure; return the output."""
        finished = self.stack.up(capture=True)
        assert finished.exit_code != 0, finished.output
        assert "Traceback" not in finished.output
        return finished.output

    def request(
        self, method: str, path: str, body: dict[str, Any] | None = None, password: str = ""
    ) -> requests.Response:
        outputs = self.stack.outputs()
        credentials = (outputs["elasticsearchUser"], password or outputs["elasticsearchPassword"])
        url = f"{outputs['elasticsearchUrl']}{path}"
        return requests.request(method, url, json=body, auth=credentials, timeout=30)

    @property
    def node(self) -> Container:
        """The node's container."""
        identifier = held(self.stack)[NODE].id
        return DockerClient.from_env().containers.get(identifier)

    def require_everything_there(self) -> None:
        """Fail unless the document is there once, and the demo documents are found by meaning."""
        found = self.request("POST", "/jina-demo/_search", {"query": {"ids": {"values": ["mine"]}}}).json()
        assert [hit["_source"]["content"] for hit in found["hits"]["hits"]] == [CONTENT]
        assert self.request("GET", "/jina-demo/_count").json()["count"] == 11
        assert [answer.ok for answer in demo_answers(self.stack.outputs())] == [True] * 5
        assert self.request("GET", "/_cluster/health").json()["status"] in {"green", "yellow"}


@pytest.fixture(scope="module")
def kept(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """Bring a stack up with a document of people's in it; remove whatever any of its names left."""
    folder = tmp_path_factory.mktemp(NAME)
    names = ((NAME, "jina-search"), (RENAMED, "jina-search"), (RENAMED, OTHER_PROJECT))
    for name, project in names:
        remove_left_overs(name, project)
    made = Kept(new_stack(NAME, folder, prepared), folder, prepared)
    try:
        made.up()
        indexed = made.request("PUT", "/jina-demo/_doc/mine?refresh=true", {"content": CONTENT})
        assert indexed.status_code == 201, indexed.text
        yield made
    finally:
        for name, project in names:
            remove_left_overs(name, project)


def copy_of_the_program(folder: Path, project: str) -> Path:
    """Return a folder with this repository's program under another name of the project."""
    folder.mkdir()
    for name in ("components", "docker"):
        shutil.copytree(PROJECT_DIRECTORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(PROJECT_DIRECTORY / "__main__.py", folder / "__main__.py")
    for name in (".venv", "models"):
        if (PROJECT_DIRECTORY / name).exists():
            (folder / name).symlink_to(PROJECT_DIRECTORY / name)
    content = yaml.safe_load((PROJECT_DIRECTORY / "Pulumi.yaml").read_text())
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({**content, "name": project}))
    return folder


def test_the_outputs_name_the_volumes_and_the_volumes_name_the_stacks_id(kept: Kept) -> None:
    outputs = kept.stack.outputs()
    assert outputs["elasticsearchVolume"] == f"{outputs['stackId']}-elasticsearch-data"
    assert outputs["elasticsearchBackupVolume"] == f"{outputs['stackId']}-elasticsearch-backups"
    mounted = {mount["Destination"]: mount["Name"] for mount in kept.node.attrs["Mounts"]}
    assert mounted["/usr/share/elasticsearch/data"] == outputs["elasticsearchVolume"]
    assert mounted["/usr/share/elasticsearch/backups"] == outputs["elasticsearchBackupVolume"]


def test_an_update_without_changes_changes_nothing(kept: Kept) -> None:
    kept.up()
    assert set(kept.stack.last_changes()) == {"same"}


def test_backups_can_be_written(kept: Kept) -> None:
    repository = {"type": "fs", "settings": {"location": "/usr/share/elasticsearch/backups/test"}}
    made = kept.request("PUT", "/_snapshot/test", repository)
    assert made.status_code == 200, made.text
    written = kept.node.exec_run(["touch", "/usr/share/elasticsearch/backups/written"])
    assert written.exit_code == 0, written.output


def test_another_container_over_the_same_data_changes_nothing_in_elasticsearch(kept: Kept) -> None:
    before = held(kept.stack)
    kept.stack.configure({"elasticsearchHeap": 500})
    kept.up()

    assert before[NODE].id != held(kept.stack)[NODE].id
    # The container and its check are others, and the superuser was asked which cluster this is.
    changes = {kind: count for kind, count in kept.stack.last_changes().items() if kind != "same"}
    assert changes == {"replace": 2, "update": 1}
    kept.require_everything_there()


def test_a_node_that_leaves_the_program_takes_no_documents_with_it(kept: Kept) -> None:
    outputs = kept.stack.outputs()
    elsewhere = {"elasticsearchUrl": outputs["elasticsearchUrl"], "elasticsearchUser": "elastic"}
    kept.stack.configure(
        {**elsewhere, "elasticsearchEmbeddingsUrl": "http://llama-server:8080/v1/embeddings"}
    )
    kept.stack.set_secret("elasticsearchPassword", outputs["elasticsearchPassword"])
    said = kept.refused()
    back = dict.fromkeys((*elsewhere, "elasticsearchPassword", "elasticsearchEmbeddingsUrl"))
    kept.stack.configure(back)

    assert "jina-demo" in said
    assert "elasticsearchDeleteData" in said
    kept.up()
    assert kept.stack.outputs()["elasticsearchVolume"] == outputs["elasticsearchVolume"]
    kept.require_everything_there()


def test_another_id_takes_other_volumes_and_the_ones_before_are_kept_and_can_be_had_again(kept: Kept) -> None:
    before = kept.stack.outputs()
    kept.stack.configure({"stackId": f"jina-search-{NAME}-0a1b2c"})
    kept.up()
    assert kept.stack.outputs()["elasticsearchVolume"] != before["elasticsearchVolume"]
    # What the stack makes was made anew in the empty node, and was not taken for unchanged.
    assert kept.request("GET", "/jina-demo/_count").json()["count"] == 10
    assert [answer.ok for answer in demo_answers(kept.stack.outputs())] == [True] * 5

    kept.stack.configure({"stackId": before["stackId"]})
    kept.up()
    assert kept.stack.outputs()["elasticsearchVolume"] == before["elasticsearchVolume"]
    kept.stack.configure({"stackId": None})
    kept.up()
    assert set(kept.stack.last_changes()) == {"same"}
    kept.require_everything_there()


def test_a_renamed_stack_keeps_its_documents(kept: Kept) -> None:
    before = kept.stack.outputs()
    kept.stack = kept.stack.renamed(RENAMED)
    kept.up()

    assert kept.stack.outputs()["elasticsearchVolume"] == before["elasticsearchVolume"]
    assert kept.node.name == f"jina-search-{RENAMED}-elasticsearch"
    kept.require_everything_there()


def test_a_new_stack_of_the_old_name_has_volumes_of_its_own_and_takes_them_away_alone(
    kept: Kept, tmp_path: Path
) -> None:
    mine = set(volumes(NAME))  # of the first stack, which was called so before
    assert kept.stack.outputs()["elasticsearchVolume"] in mine
    ports = {"serverPort": free_port(SERVER_PORT), "elasticsearchPort": free_port(ELASTICSEARCH_PORT)}
    namesake = made_stack(NAME, tmp_path, kept.prepared, **ports)
    finished = namesake.up(capture=True)
    assert finished.exit_code == 0, finished.output
    assert namesake.outputs()["elasticsearchVolume"] in set(volumes(NAME)) - mine

    destroyed = namesake.destroy(capture=True)

    assert destroyed.exit_code == 0, destroyed.output
    assert set(volumes(NAME)) == mine


def test_another_name_of_the_project_keeps_the_documents(
    kept: Kept, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = kept.stack.outputs()
    program = copy_of_the_program(tmp_path_factory.mktemp("program") / "program", OTHER_PROJECT)
    kept.stack = kept.stack.renamed(RENAMED, program)
    kept.up()

    assert kept.stack.outputs()["elasticsearchVolume"] == before["elasticsearchVolume"]
    assert kept.node.name == f"{OTHER_PROJECT}-{RENAMED}-elasticsearch"
    kept.require_everything_there()


def test_another_password_is_what_everything_uses_and_the_node_is_not_restarted(kept: Kept) -> None:
    former = kept.stack.outputs()["elasticsearchPassword"]
    started = kept.node.attrs["State"]["StartedAt"]
    kept.stack.set_secret("elasticsearchPassword", "a-word-of-my-own")
    kept.up()

    assert kept.stack.outputs()["elasticsearchPassword"] == "a-word-of-my-own"
    assert kept.request("GET", "/", password=former).status_code == 401
    assert kept.node.attrs["State"]["StartedAt"] == started
    kept.require_everything_there()
    kept.up()
    assert set(kept.stack.last_changes()) == {"same"}


def built(tag: str, dockerfile: str, folder: Path) -> str:
    """Build an image of the node's with something else in it; return its name."""
    (folder / "Dockerfile").write_text(dockerfile)
    subprocess.run(["docker", "build", "--quiet", "--tag", tag, folder], check=True, capture_output=True)
    return tag


def test_an_older_version_over_newer_data_is_refused_while_the_node_runs(kept: Kept, tmp_path: Path) -> None:
    node = kept.node
    label = "LABEL org.opencontainers.image.version=9.4.0"
    kept.stack.configure({"elasticsearchImage": built(OLDER, f"FROM {IMAGE}\n{label}\n", tmp_path)})
    said = kept.refused()
    kept.stack.configure({"elasticsearchImage": None})

    assert "elasticsearchImage is Elasticsearch 9.4.0, and 9.5.3 wrote the data" in said
    node.reload()
    assert node.status == "running"
    assert kept.node.id == node.id
    kept.require_everything_there()


def test_a_node_that_does_not_start_is_told_in_seconds_with_its_last_lines(
    kept: Kept, tmp_path: Path
) -> None:
    setting = "ENV node.colour=green"
    kept.stack.configure({"elasticsearchImage": built(BROKEN, f"FROM {IMAGE}\n{setting}\n", tmp_path)})
    began = time.monotonic()
    said = kept.refused()
    took = time.monotonic() - began
    kept.stack.configure({"elasticsearchImage": None})

    assert "The Elasticsearch node ended with exit code 1" in said, said
    assert "It refuses a setting" in said
    assert "unknown setting [node.colour]" in said
    assert took < AT_ONCE
    kept.up()
    kept.require_everything_there()


def test_a_stack_whose_state_is_lost_goes_on_with_its_documents(
    kept: Kept, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = kept.stack.outputs()
    settings = {**kept.stack.settings, "elasticsearchPassword": None, "stackId": before["stackId"]}
    kept.stack = kept.stack.with_new_state(tmp_path_factory.mktemp("lost"))
    kept.stack.configure(settings)
    # What the state would have taken away: containers and network keep names that no others can have.
    for container in containers(RENAMED, OTHER_PROJECT):
        container.remove(force=True)
    DockerClient.from_env().networks.get(f"{OTHER_PROJECT}-{RENAMED}").remove()

    said = kept.refused()
    reset = re.search(r"docker exec \S+ bin/elasticsearch-reset-password -u elastic -b --url \S+\d", said)
    assert reset, said
    made = subprocess.run(reset[0].split(), capture_output=True, text=True, check=True).stdout
    kept.stack.set_secret("elasticsearchPassword", made.split("New value:")[1].strip())
    kept.up()

    after = kept.stack.outputs()
    for name in ("stackId", "elasticsearchVolume", "elasticsearchBackupVolume", "indexGeneration"):
        assert after[name] == before[name]
    kept.require_everything_there()
    kept.stack.configure({"elasticsearchPassword": None})
    kept.up()
    kept.require_everything_there()


def test_destroy_keeps_backups_and_says_where_they_are(kept: Kept) -> None:
    outputs = kept.stack.outputs()
    data, backups = outputs["elasticsearchVolume"], outputs["elasticsearchBackupVolume"]
    assert data in volumes(NAME)
    kept.stack.configure({"elasticsearchDeleteData": "jina-demo"})
    kept.up()

    destroyed = kept.stack.destroy(capture=True)

    assert destroyed.exit_code == 0, destroyed.output
    assert f"Volume {backups} is kept" in destroyed.output
    assert backups in volumes(NAME)
    assert data not in volumes(NAME)
    # By its id another stack finds them.
    kept.stack.configure({"stackId": outputs["stackId"]})


def test_backups_are_there_for_a_new_stack_and_go_when_they_are_given_up(kept: Kept) -> None:
    kept.stack.configure({"elasticsearchDeleteBackups": "jina-demo"})
    kept.up()
    backups = kept.stack.outputs()["elasticsearchBackupVolume"]
    found = kept.node.exec_run(["ls", "/usr/share/elasticsearch/backups"])
    assert b"written" in found.output

    destroyed = kept.stack.destroy(capture=True)

    assert destroyed.exit_code == 0, destroyed.output
    assert backups not in volumes(NAME)
