"""A stack that an earlier version of the program made comes up under this one with its documents and its volume."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from docker.client import DockerClient

from sandbox.preparation import Prepared
from sandbox.pulumi.stack import PROJECT_DIRECTORY, SandboxStack
from sandbox.show.answers import demo_answers
from tests.e2e.conftest import containers, new_stack, remove_left_overs
from tests.e2e.resources import held

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

NAME = "upgraded"
EARLIER = "bbde7d3"
"""The last commit whose stacks named the data volume after project and stack."""


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the program of the earlier version."""
    folder = tmp_path_factory.mktemp("earlier")
    archive = subprocess.run(
        ["git", "archive", EARLIER, "components", "docker", "__main__.py", "Pulumi.yaml"],
        cwd=PROJECT_DIRECTORY,
        capture_output=True,
        check=False,
    )
    if archive.returncode != 0:
        pytest.skip(f"this copy of the repository has no commit {EARLIER}")
    subprocess.run(["tar", "--extract", "--directory", folder], input=archive.stdout, check=True)
    (folder / ".venv").symlink_to(PROJECT_DIRECTORY / ".venv")
    return folder


@pytest.fixture(scope="module")
def made(
    earlier: Path, prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SandboxStack]:
    """Bring a stack up under the earlier version, with a document of people's."""
    stack = new_stack(NAME, tmp_path_factory.mktemp(NAME), prepared).with_program(earlier)
    try:
        finished = stack.up(capture=True)
        assert finished.exit_code == 0, finished.output
        document = {"content": "Written under the earlier version."}
        assert ask(stack, "PUT", "/jina-demo/_doc/mine?refresh=true", document).status_code == 201
        yield stack
    finally:
        remove_left_overs(NAME)


def ask(stack: SandboxStack, method: str, path: str, body: dict[str, str] | None = None) -> requests.Response:
    outputs = stack.outputs()
    credentials = ("elastic", outputs["elasticsearchPassword"])
    return requests.request(
        method, f"{outputs['elasticsearchUrl']}{path}", json=body, auth=credentials, timeout=30
    )


def test_volume_documents_and_password_stay(made: SandboxStack) -> None:
    before = made.outputs()
    stack = made.with_program(PROJECT_DIRECTORY)

    finished = stack.up(capture=True)

    assert finished.exit_code == 0, finished.output
    after = stack.outputs()
    assert after["elasticsearchVolume"] == f"jina-search-{NAME}-elasticsearch-data"
    assert after["elasticsearchBackupVolume"] == f"{after['stackId']}-elasticsearch-backups"
    for name in ("elasticsearchPassword", "indexGeneration"):
        assert after[name] == before[name]
    assert ask(stack, "GET", "/jina-demo/_doc/mine").json()["found"]
    assert ask(stack, "GET", "/jina-demo/_count").json()["count"] == 11
    assert [answer.ok for answer in demo_answers(after)] == [True] * 5


def test_then_nothing_changes(made: SandboxStack) -> None:
    stack = made.with_program(PROJECT_DIRECTORY)
    assert stack.up(capture=True).exit_code == 0
    assert set(stack.last_changes()) == {"same"}


def test_when_its_state_is_lost_then_its_id_and_its_volume_are_enough_to_go_on_and_to_destroy_it(
    made: SandboxStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outputs = made.outputs()
    names = {"stackId": outputs["stackId"], "elasticsearchVolume": outputs["elasticsearchVolume"]}
    stack = made.with_program(PROJECT_DIRECTORY).with_new_state(tmp_path_factory.mktemp("lost"))
    stack.configure({**made.settings, **names})
    for container in containers(NAME):
        container.remove(force=True)
    DockerClient.from_env().networks.get(f"jina-search-{NAME}").remove()
    # The password that the node has is known here: it was among the outputs.
    stack.set_secret("elasticsearchPassword", outputs["elasticsearchPassword"])

    finished = stack.up(capture=True)

    assert finished.exit_code == 0, finished.output
    assert stack.outputs()["elasticsearchVolume"] == outputs["elasticsearchVolume"]
    assert ask(stack, "GET", "/jina-demo/_doc/mine").json()["found"]
    assert ask(stack, "GET", "/jina-demo/_count").json()["count"] == 11
    require_gone_with_the_stack(stack)


def require_gone_with_the_stack(stack: SandboxStack) -> None:
    """Give the documents up and destroy the stack; fail unless its volume goes, whoever named it."""
    volume = stack.outputs()["elasticsearchVolume"]
    stack.configure({"elasticsearchDeleteData": "jina-demo"})
    assert stack.up(capture=True).exit_code == 0
    destroyed = stack.destroy(capture=True)
    assert destroyed.exit_code == 0, destroyed.output
    assert held(stack) == {}
    assert volume not in {one.name for one in DockerClient.from_env().volumes.list()}
