"""By what a server multiplies is read from its container, or from the first pod of its Deployment."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.kubernetes import kubectl
from components.kubernetes.errors import NoClusterError
from components.kubernetes.kubectl import Target
from jinactl.errors import CommandError
from jinactl.kernels.reading import of_server
from jinactl.outputs import StackFacts, facts_of
from tests.unit.docker_double import DockerDouble
from tests.unit.jinactl.stack_outputs import OUTPUTS

LIBRARY = "/opt/llama.cpp/libggml-onednn.so"
LOG = "llama_server: initializing\noneDNN 2.6.3, products of matrices in bfloat16"
SERVER = "llama-server-documents-0a1b"
WINDOW = "--since=2026-11-28T01:02:03Z --until=2026-11-28T01:02:33Z"


def facts(**outputs: object) -> StackFacts:
    return facts_of({**OUTPUTS, "serverContainer": SERVER, **outputs}, "a test")


def inspected(**host: object) -> str:
    started = {"StartedAt": "2026-11-28T01:02:03.123456789Z"}
    return json.dumps(
        [{"State": started, "Config": {"Env": [f"GGML_BACKEND_PATH={LIBRARY}"]}, "HostConfig": host}]
    )


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DockerDouble:
    return DockerDouble(tmp_path / "bin", monkeypatch)


@pytest.mark.parametrize(
    ("host", "text"),
    [({}, "oneDNN, in bfloat16"), ({"DeviceRequests": [{"Count": -1}]}, "the GPU (cuda)")],
    ids=["cpu", "cuda"],
)
def test_a_container_is_asked_for_the_log_of_its_start_alone(
    host: dict[str, object], text: str, docker: DockerDouble
) -> None:
    docker.says("inspect*", inspected(**host))
    docker.says(f"'logs {WINDOW} {SERVER}'", LOG)
    assert of_server(facts()).text == text


@pytest.mark.parametrize(
    ("shown", "code", "told"),
    [
        ("No such container", 1, "No such container"),
        ("[]", 0, "does not tell of"),
        ('[{"State": {"StartedAt": ""}}]', 0, "does not tell of"),
    ],
    ids=["none", "nothing", "never started"],
)
def test_an_engine_that_does_not_tell_is_said(shown: str, code: int, told: str, docker: DockerDouble) -> None:
    docker.says("inspect*", shown, code)
    with pytest.raises(CommandError, match=told):
        of_server(facts())


def test_a_log_that_is_not_shown_is_said(docker: DockerDouble) -> None:
    docker.says("inspect*", inspected())
    docker.says("logs*", "configured logging driver does not support reading", 1)
    with pytest.raises(CommandError, match="logging driver"):
        of_server(facts())


def test_outputs_without_a_server_are_said() -> None:
    with pytest.raises(CommandError, match="name no server"):
        of_server(facts(serverContainer=""))


def pod(name: str, **resources: object) -> dict[str, Any]:
    variables = [{"name": "GGML_BACKEND_PATH", "value": LIBRARY}]
    container = {"name": "llama-server", "env": variables, "resources": resources}
    return {"metadata": {"name": name}, "spec": {"containers": [container]}}


@pytest.mark.parametrize(
    ("pods", "text"),
    [
        ([pod("llama-server-queries-1-x"), pod(f"{SERVER}-y")], "oneDNN, in bfloat16"),
        ([pod(f"{SERVER}-y", limits={"nvidia.com/gpu": "1"})], "the GPU (cuda)"),
    ],
    ids=["cpu", "cuda"],
)
def test_a_pod_of_the_server_is_asked_for_the_beginning_of_its_log(
    pods: list[dict[str, Any]], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(arguments: list[str], target: Target, **_: object) -> str:
        assert target.namespace == "mine"
        if arguments[0] == "get":
            return json.dumps({"items": pods})
        assert arguments[:4] == ["logs", f"{SERVER}-y", "--container", "llama-server"]
        assert arguments[4].startswith("--limit-bytes=")
        return LOG

    monkeypatch.setattr(kubectl, "run", run)
    assert of_server(facts(platform="kubernetes", kubernetesNamespace="mine")).text == text


def test_a_cluster_that_does_not_tell_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [NoClusterError("nothing answers\nmore"), json.dumps({"items": []})]

    def run(*_: object, **__: object) -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    monkeypatch.setattr(kubectl, "run", run)
    for told in ("nothing answers$", f"no pod of {SERVER}"):
        with pytest.raises(CommandError, match=told):
            of_server(facts(platform="kubernetes"))
