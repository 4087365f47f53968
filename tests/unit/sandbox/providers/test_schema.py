"""The installed SDKs, read into schemas."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.providers.schema import load
from sandbox.providers.sdk_schema import RESOURCES, introspect


@pytest.fixture(scope="module")
def docker() -> dict[str, Any]:
    return introspect("docker")


def test_the_sdk_of_docker_is_read_with_its_wire_names(docker: dict[str, Any]) -> None:
    container = docker["inputs"]["docker:index/container:Container"]
    assert container["required"] == ["image"]
    expected = {
        "image": "string",
        "envs": {"array": "string"},
        "memory": "integer",
        "wait": "boolean",
        "logOpts": {"map": "string"},
        "ports": {"array": {"object": "ContainerPort"}},
        "networksAdvanced": {"array": {"object": "ContainerNetworksAdvanced"}},
        "deviceRequests": {"array": {"object": "ContainerDeviceRequest"}},
        "healthcheck": {"object": "ContainerHealthcheck"},
    }
    assert {name: container["properties"].get(name) for name in expected} == expected
    assert docker["types"]["ContainerPort"]["required"] == ["internal"]
    assert "repoDigest" in docker["outputs"]["docker:index/image:Image"]
    assert docker["types"]["DockerBuild"]["properties"]["builderVersion"] == {
        "enum": ["BuilderV1", "BuilderBuildKit"]
    }


def test_the_sdk_of_command_is_read(docker: dict[str, Any]) -> None:
    del docker
    command = introspect("command")["inputs"]["command:local:Command"]
    assert command["properties"]["triggers"] == {"array": "any"}
    assert command["properties"]["environment"] == {"map": "string"}
    assert command["required"] == []


def test_what_was_read_is_loaded_from_its_file(docker: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "docker.json").write_text(json.dumps(docker))
    schema = load(tmp_path / "docker.json")
    assert schema.inputs.keys() == RESOURCES["docker"].keys()
    assert schema.inputs["docker:index/volume:Volume"].required == frozenset()
    assert "internal" in schema.types["ContainerPort"].required
