"""A stack that is well: on a node and a double of the gateway, with a double of `docker` that tells of its containers.

The double of `docker` lists what a test says there is; it refuses every question that `jinactl doctor` does not ask.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from components.commands.port_check import OWNER
from components.elasticsearch.client.client import Client
from components.elasticsearch.embedding.server import role_url
from jinactl.app import run
from tests.contract.elasticsearch.stack_resources import StackResources, Wanted
from tests.contract.jinactl.command import write_outputs
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer
from tests.unit.docker_double import DockerDouble

ENGINE, IMAGE = "0a1b2c3d", "sha256:" + "1" * 64
GATEWAY, NODE = "stack-gateway", "stack-elasticsearch"
SERVER, QUERY_SERVER = "stack-llama-server-1a2b3c", "stack-llama-server-queries-4d5e6f"

MISSING = object()
"""Stands for an output that is not there."""


@dataclass
class Stack:
    """A stack, and the knobs by which a fault is injected.

    `containers` are what the engine tells of them, by name; `engine` is its id, empty where none answers; `log` is that
    of every container. `changes` are outputs that differ from those of the stack.
    """

    node: Node
    model: EmbeddingServer
    client: Client
    wanted: Wanted
    resources: StackResources
    folder: Path
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    engine: str = ENGINE
    log: str = ""
    changes: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Have all containers run."""
        node_port = str(urlsplit(self.node.url).port)
        self.containers = {
            GATEWAY: container(GATEWAY, self.wanted.owner, str(self.model.port)),
            NODE: container(NODE, self.wanted.owner, node_port),
            SERVER: container(SERVER),
            QUERY_SERVER: container(QUERY_SERVER),
        }

    @property
    def index(self) -> str:
        """The index behind the alias."""
        return str(self.resources.state["index"]["concrete_index"])

    def outputs(self) -> Path:
        """Write the stack's outputs and return their file."""
        own = {
            "stackId": self.wanted.owner,
            "dockerEngine": ENGINE,
            "serverUrl": self.model.url.removesuffix("/v1/embeddings"),
            "serverContainer": SERVER,
            "queryServerContainer": QUERY_SERVER,
            "imageDigest": IMAGE,
            "elasticsearchVolume": "a volume",
            "elasticsearchEmbeddingsUrl": self.wanted.embeddings_url,
            "elasticsearchQueryEmbeddingsUrl": role_url(self.wanted.embeddings_url, "query"),
            "pipeline": self.wanted.pipeline_id,
            "indexGeneration": self.index,
        }
        path = self.folder / "outputs.json"
        write_outputs(
            path,
            self.wanted,
            self.model,
            **{**own, **{k: v for k, v in self.changes.items() if v is not MISSING}},
        )
        gone = {name for name, value in self.changes.items() if value is MISSING}
        left = {name: value for name, value in json.loads(path.read_text()).items() if name not in gone}
        path.write_text(json.dumps(left))
        return path

    def examined(self, monkeypatch: pytest.MonkeyPatch, told: Callable[[], str]) -> dict[str, Any]:
        """Run the command and return what it prints as JSON; `told` returns what was printed on standard output."""
        self._tell_docker(monkeypatch)
        code = run(["doctor", "--outputs", str(self.outputs()), "--json"])
        answer: dict[str, Any] = json.loads(told())
        assert code == (1 if answer["found"] else 0)
        return answer

    def _tell_docker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        docker = DockerDouble(self.folder / "bin", monkeypatch)
        if not self.engine:
            docker.says("*", "failed to connect to the docker API", 1)
            return
        docker.says("info*", self.engine)
        there = [one for one in self.containers.values() if one["State"]["Status"] in ("running", "paused")]
        for port in {port for one in there for port in published(one)}:
            docker.says(f"ps*publish={port}", _ids([one for one in there if port in published(one)]))
        docker.says("ps*publish=*")
        labelled = [one for one in self.containers.values() if one["Config"]["Labels"].get(OWNER)]
        own = [one for one in labelled if one["Config"]["Labels"][OWNER] == self.wanted.owner]
        servers = [self.containers[name] for name in (QUERY_SERVER, SERVER) if name in self.containers]
        docker.says("ps*label=*", _ids(own))
        docker.says("ps*name=*", _ids(servers))
        for listed in (own, servers, *([one] for one in self.containers.values())):
            docker.says(
                f"'inspect --type container {' '.join(one['Id'] for one in listed)}'", json.dumps(listed)
            )
        docker.says("image*", IMAGE)
        docker.says("logs*", self.log)


def container(name: str, owner: str = "", port: str = "") -> dict[str, Any]:
    """Return what the engine tells of a container that runs: of the stack `owner`, publishing `port` of loopback."""
    return {
        "Id": f"id-of-{name}",
        "Name": f"/{name}",
        "Image": IMAGE,
        "RestartCount": 0,
        "State": {
            "Status": "running",
            "ExitCode": 0,
            "OOMKilled": False,
            "StartedAt": "2026-01-01T00:00:00.123456789Z",
        },
        "Config": {"Labels": {OWNER: owner} if owner else {}},
        "HostConfig": {
            "PortBindings": {f"{port}/tcp": [{"HostIp": "127.0.0.1", "HostPort": port}]} if port else {}
        },
        "Mounts": [],
    }


def published(one: dict[str, Any]) -> list[str]:
    """Return the ports that a container publishes."""
    return [binding["HostPort"] for found in one["HostConfig"]["PortBindings"].values() for binding in found]


def _ids(containers: list[dict[str, Any]]) -> str:
    return "\n".join(one["Id"] for one in containers)
