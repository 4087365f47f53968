"""A stack whose documents are embedded in the client, on a node with a Basic license, its model in a volume."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.client import DockerClient

from components.elasticsearch.client.client import Client
from sandbox.machine.cache import cache_root
from sandbox.machine.ports import free_port
from sandbox.models.library import ensure_model
from sandbox.preparation import Prepared
from sandbox.pulumi.stack import PROJECT, SandboxStack
from sandbox.show.answers import demo_answers
from tests.e2e.conftest import new_stack, remove_left_overs
from tests.e2e.resources import held

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

NAME = "client-embedding"
SERVER_PORT = 18280
ELASTICSEARCH_PORT = 19400


@pytest.fixture(scope="module")
def running(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxStack]:
    """Bring a stack up."""
    stack = new_stack(
        NAME,
        tmp_path_factory.mktemp(NAME),
        prepared,
        serverPort=free_port(SERVER_PORT),
        elasticsearchPort=free_port(ELASTICSEARCH_PORT),
        elasticsearchEmbedding="client",
        modelDelivery="volume",
    )
    try:
        finished = stack.up(capture=True)
        assert finished.exit_code == 0, finished.output
        yield stack
    finally:
        remove_left_overs(NAME)


def answers(stack: SandboxStack) -> list[bool]:
    """Return, for each demo query, whether its document was found first."""
    return [answer.ok for answer in demo_answers(stack.outputs())]


def test_the_demo_documents_are_found_on_a_basic_license(running: SandboxStack, client: Client) -> None:
    assert client.request("GET", "/_license")["license"]["type"] == "basic"
    assert not [name for name in held(running) if "InferenceEndpoint" in name or "IngestPipeline" in name]
    assert running.outputs()["inferenceEndpoint"] == running.outputs()["pipeline"] == ""
    assert answers(running) == [True] * 5


def test_an_update_without_changes_changes_nothing(running: SandboxStack) -> None:
    assert running.up(capture=True).exit_code == 0
    assert set(running.last_changes()) == {"same"}


def test_the_command_line_puts_documents_in_and_finds_them(running: SandboxStack, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(running.outputs()))
    line = '{"_id": "sourdough", "content": "Feed a sourdough starter with flour and water every day."}\n'
    command = [sys.executable, "-m", "jinactl"]

    put = subprocess.run(
        [*command, "ingest", "--outputs", outputs, "-"],
        input=line,
        capture_output=True,
        text=True,
        check=False,
    )
    found = subprocess.run(
        [*command, "search", "--outputs", outputs, "--json", "how do I keep my bread culture alive"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert put.returncode == 0, put.stderr
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout.splitlines()[0])["_id"] == "sourdough"


def test_inference_on_a_basic_license_stops_before_anything_has_changed(
    running: SandboxStack, client: Client
) -> None:
    running.configure({"elasticsearchEmbedding": "inference"})
    stopped = running.up(capture=True)
    running.configure({"elasticsearchEmbedding": "client"})

    assert stopped.exit_code != 0
    assert "pulumi config set elasticsearchStartTrial true" in stopped.output
    assert "pulumi config set elasticsearchEmbedding client" in stopped.output
    assert "Traceback" not in stopped.output
    assert client.find("/_ingest/pipeline/jina-embeddings") is None


def test_inference_takes_over_once_the_trial_is_started_and_embeds_nothing_again(
    running: SandboxStack, client: Client
) -> None:
    before = running.outputs()["indexGeneration"]
    running.configure({"elasticsearchEmbedding": "inference", "elasticsearchStartTrial": True})

    assert (finished := running.up(capture=True)).exit_code == 0, finished.output

    assert running.outputs()["indexGeneration"] == before
    settings = client.request("GET", f"/{before}")[before]["settings"]["index"]
    assert settings["default_pipeline"] == "jina-embeddings"
    assert client.request("GET", f"/{before}/_count")["count"] == 11
    assert answers(running) == [True] * 5


def test_the_client_takes_over_again(running: SandboxStack, client: Client) -> None:
    before = running.outputs()["indexGeneration"]
    running.configure({"elasticsearchEmbedding": "client"})

    assert (finished := running.up(capture=True)).exit_code == 0, finished.output

    assert running.outputs()["indexGeneration"] == before
    assert client.find("/_ingest/pipeline/jina-embeddings") is None
    assert answers(running) == [True] * 5


def test_the_server_sees_no_file_of_this_machine(running: SandboxStack) -> None:
    outputs = running.outputs()
    mounts = DockerClient.from_env().containers.get(outputs["serverContainer"]).attrs["Mounts"]

    assert [mount["Type"] for mount in mounts] == ["volume"]
    assert str(mounts[0]["Name"]).endswith(f"-model-{outputs['modelSha256'][:12]}")


def test_another_model_is_another_volume_and_the_one_before_goes(running: SandboxStack) -> None:
    ensure_model(cache_root(), print, "Q8_0")
    running.configure({"quant": "Q8_0"})
    finished = running.up(capture=True)
    assert finished.exit_code == 0, finished.output

    volumes = {str(volume.name) for volume in DockerClient.from_env().volumes.list()}
    mine = {name for name in volumes if name.startswith(f"{PROJECT}-{NAME}-model-")}
    assert mine == {f"{PROJECT}-{NAME}-model-{running.outputs()['modelSha256'][:12]}"}
    assert answers(running) == [True] * 5
