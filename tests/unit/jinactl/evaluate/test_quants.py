"""What cannot be measured is known, with its reason, before anything is done."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.engine.errors import EngineError
from components.model.errors import ModelError
from components.model.wanted import ModelFile, WantedFile
from jinactl.beside import server as temporary_server
from jinactl.beside.server import LABEL, read_template
from jinactl.beside.server import temporary_server as serve
from jinactl.errors import CommandError
from jinactl.evaluate import quants
from jinactl.evaluate.quants import find_quants
from jinactl.outputs import ServedModel, facts_of
from tests.unit.jinactl.stack_outputs import OUTPUTS

INSPECTED: dict[str, Any] = {
    "Image": "sha256:1234",
    "Config": {
        "Env": [
            "PATH=/bin",
            "LLAMA_ARG_MODEL=/models/v5-F16.gguf",
            "LLAMA_ARG_UBATCH=8192",
            "GGML_BACKEND_PATH=/x.so",
        ]
    },
    "Mounts": [{"Type": "bind", "Destination": "/models/v5-F16.gguf"}],
    "HostConfig": {"NanoCpus": 2_000_000_000, "Memory": 0, "DeviceRequests": None},
}


@pytest.fixture
def served(tmp_path: Path) -> ServedModel:
    file = tmp_path / "v5-F16.gguf"
    file.write_bytes(b"GGUF")
    return ServedModel(
        quant="F16",
        name="m",
        sha256="a" * 64,
        width=768,
        url="http://127.0.0.1:8080/v1/embeddings",
        api_key="",
        prefixes={"query": "Query: ", "document": "Document: "},
        repository="owner/name",
        revision="c" * 40,
        file=str(file),
        container="stack-llama-server-1",
    )


class Docker:
    """The `docker` command: what it was asked, and what it says."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.inspected = INSPECTED
        self.listed = ""
        self.refuses = ""

    def answer(self, command: Sequence[str], **_: object) -> str:
        self.asked.append(list(command))
        if self.refuses and self.refuses in command:
            raise EngineError("no such thing")
        return {
            "inspect": json.dumps([self.inspected]),
            "ps": self.listed,
            "port": "127.0.0.1:49153",
        }.get(command[1], "")


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> Docker:
    double = Docker()
    monkeypatch.setattr(temporary_server, "answer", double.answer)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return double


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> list[WantedFile]:
    asked: list[WantedFile] = []

    def ensure(file: WantedFile, _say: object) -> ModelFile:
        asked.append(file)
        if "Q2_K" in file.file:
            raise ModelError("owner/name has no file v5-Q2_K.gguf")
        return ModelFile(path=file.path, size=1, sha256="b" * 64, commit="c")

    monkeypatch.setattr(quants, "ensure_model_file", ensure)
    return asked


def test_the_stacks_own_quant_starts_no_server(served: ServedModel, docker: Docker) -> None:
    found, refused = find_quants(served, ["F16"], print)

    assert [(one.quant, one.sha256, one.model) for one in found] == [("F16", "a" * 64, None)]
    assert refused == {}
    assert [command[1] for command in docker.asked] == ["ps"]


def test_the_stacks_own_quant_is_measured_without_docker(served: ServedModel, docker: Docker) -> None:
    docker.refuses = "ps"

    assert [one.quant for one in find_quants(served, ["F16"], print)[0]] == ["F16"]


def test_another_quants_file_is_wanted_beside_the_stacks(
    served: ServedModel, docker: Docker, wanted: list[WantedFile]
) -> None:
    found, refused = find_quants(served, ["Q8_0", "F16", "Q2_K"], print)

    assert [one.quant for one in found] == ["F16", "Q8_0"]
    assert refused == {"Q2_K": "owner/name has no file v5-Q2_K.gguf"}
    first = wanted[0]
    assert first.path == Path(served.file).with_name("v5-Q8_0.gguf")
    assert (first.repository, first.revision, first.file) == ("owner/name", "c" * 40, "v5-Q8_0.gguf")
    assert docker.asked


@pytest.mark.parametrize(
    ("change", "host", "why"),
    [
        ({}, "ssh://elsewhere", "on another machine"),
        ({"Mounts": [{"Type": "volume", "Destination": "/models"}]}, "", "through a volume"),
    ],
)
def test_without_a_server_beside_the_stacks_the_others_are_refused_with_the_reason(
    change: dict[str, Any],
    host: str,
    why: str,
    served: ServedModel,
    docker: Docker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    docker.inspected = {**INSPECTED, **change}
    monkeypatch.setenv("DOCKER_HOST", host)

    found, refused = find_quants(served, ["F16", "Q8_0"], print)

    assert [one.quant for one in found] == ["F16"]
    assert why in refused["Q8_0"]


def test_docker_that_shows_no_server_is_said(served: ServedModel, docker: Docker) -> None:
    docker.refuses = "inspect"

    assert "does not show the stack's server" in find_quants(served, ["Q8_0"], print)[1]["Q8_0"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"file": "/models/model.gguf"}, "does not name its quant"),
        ({"repository": ""}, "modelRepository"),
    ],
)
def test_a_file_whose_name_or_place_is_unknown_is_refused(
    change: dict[str, str], why: str, served: ServedModel, docker: Docker
) -> None:
    assert docker
    assert why in find_quants(replace(served, **change), ["Q8_0"], print)[1]["Q8_0"]  # type: ignore[arg-type]


def test_a_quant_that_there_is_not_is_named(served: ServedModel) -> None:
    with pytest.raises(CommandError, match="There is no quant Q9"):
        find_quants(served, ["Q9"], print)


def test_the_server_of_another_quant_has_the_stacks_settings_and_is_removed(
    docker: Docker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("components.elasticsearch.embedding.server.ask", lambda *_, **__: [[1.0]])
    docker.inspected = {
        **INSPECTED,
        "HostConfig": {"DeviceRequests": [{"Count": -1}], "Memory": 1000, "CpuShares": 256},
    }
    model = tmp_path / "v5-Q8_0.gguf"

    with serve(read_template("server"), model, "m") as server:
        assert server.url == "http://127.0.0.1:49153/v1/embeddings"

    run = next(command for command in docker.asked if command[1] == "run")
    name = next(one for one in run if one.startswith("--name=")).removeprefix("--name=")
    assert run[-1] == "sha256:1234"
    assert [one for one in run if one.startswith("--env=")] == [
        "--env=LLAMA_ARG_UBATCH=8192",
        "--env=GGML_BACKEND_PATH=/x.so",
        "--env=LLAMA_ARG_MODEL=/models/v5-Q8_0.gguf",
    ]
    assert {
        "--publish=127.0.0.1::8080",
        "--gpus=all",
        "--memory=1000",
        "--cpu-shares=256",
        "--cap-drop=ALL",
    } < set(run)
    assert docker.asked[-1] == ["docker", "rm", "--force", name]


def test_only_servers_of_processes_that_are_gone_are_removed(docker: Docker) -> None:
    docker.listed = "jina-search-evaluation-1 elsewhere:1:0\njina-search-evaluation-2 \nother of:a:person"

    assert temporary_server.remove_left_servers() == ["jina-search-evaluation-1"]
    assert docker.asked[0][:4] == ["docker", "ps", "--all", "--filter"]
    assert f"label={LABEL}" in docker.asked[0]
    assert docker.asked[1:] == [["docker", "rm", "--force", "jina-search-evaluation-1"]]


def test_another_quant_than_that_of_a_stack_on_kubernetes_is_not_measured() -> None:
    in_cluster = facts_of(
        {**OUTPUTS, "platform": "kubernetes", "serverContainer": "llama-server-documents-1"}, ""
    )
    measured, refused = find_quants(in_cluster.served, ["F16", "Q8_0"], lambda _: None)
    assert [one.quant for one in measured] == ["F16"]
    assert refused == {
        "Q8_0": "no Docker engine has the stack's server, beside which another one could be started"
    }
