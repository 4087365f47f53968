"""A stack that is up, read from the engine and from its node."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from docker.client import DockerClient

from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.errors import ElasticsearchError
from sandbox.pulumi.stack import PROJECT, SandboxStack


@dataclass(frozen=True)
class Live:
    """A stack that is up, as the engine and the node describe it."""

    stack: SandboxStack

    def container(self, part: str) -> dict[str, Any]:
        """Return what the engine says of the container of a `part`: server, queries, gateway or elasticsearch."""
        outputs = self.stack.outputs()
        servers = {"server": outputs["serverContainer"], "queries": outputs["queryServerContainer"]}
        name = servers.get(part, f"{PROJECT}-{self.stack.name}-{part}")
        attributes: dict[str, Any] = DockerClient.from_env().containers.get(name).attrs
        return attributes

    def variable(self, part: str, name: str) -> str | None:
        """Return a variable of the environment of a part's container."""
        listed = self.container(part)["Config"]["Env"]
        return dict(entry.partition("=")[::2] for entry in listed).get(name)

    def found(self, path: str) -> Any:
        """Return what the node answers to a GET of `path`, None for what does not exist."""
        outputs = self.stack.outputs()
        return ask(outputs["elasticsearchUrl"], outputs["elasticsearchPassword"], path)

    def index(self) -> dict[str, Any]:
        """Return the one index behind the name that the outputs tell, as the node describes it."""
        (index,) = self.found(f"/{self.stack.outputs()['index']}").values()
        described: dict[str, Any] = index
        return described


def ask(url: str, password: str, path: str) -> Any:
    """Ask a node as its superuser for `path`; return None for what does not exist."""
    with Client(Connection(url=url, user="elastic", password=password)) as client:
        return client.find(path)


def variable(name: str, part: str = "server") -> Callable[[Live], str | None]:
    """Read a variable of a part's container: that of the server for documents unless another one is named."""
    return lambda live: live.variable(part, name)


def host_config(part: str, *names: str) -> Callable[[Live], Any]:
    """Read what the engine holds a container to."""
    return lambda live: tuple(live.container(part)["HostConfig"][name] for name in names)


def published(part: str, name: str) -> Callable[[Live], Any]:
    """Read where a container's one port is published: HostIp or HostPort."""

    def read(live: Live) -> Any:
        ((binding,),) = (live.container(part)["HostConfig"]["PortBindings"] or {}).values()
        return binding[name]

    return read


def model_mount(live: Live) -> dict[str, Any]:
    """Return the mount of the server that the model is in."""
    mounts = live.container("server")["HostConfig"]["Mounts"]
    (mount,) = [one for one in mounts if one["Target"].startswith("/models")]
    found: dict[str, Any] = mount
    return found


def embedding(live: Live) -> dict[str, Any]:
    """Return the mapping of the vectors."""
    mapping: dict[str, Any] = live.index()["mappings"]["properties"]["content_embedding"]
    return mapping


def status_without_key(live: Live) -> int:
    """Ask the server for an embedding without a key and return the status of its answer."""
    body = json.dumps({"input": "text"}).encode()
    asked = urllib.request.Request(  # noqa: S310 (the address of the stack's own server)
        live.stack.outputs()["embeddingsUrl"], body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def takes_password(password: str) -> Callable[[Live], bool]:
    """Read whether the node knows its superuser by `password`."""

    def read(live: Live) -> bool:
        try:
            return ask(live.stack.outputs()["elasticsearchUrl"], password, "/") is not None
        except ElasticsearchError:
            return False

    return read


def endpoint_url(output: str) -> Callable[[Live], str]:
    """Return what reads where the endpoint named by an output asks for embeddings."""

    def read(live: Live) -> str:
        (endpoint,) = live.found(f"/_inference/{live.stack.outputs()[output]}")["endpoints"]
        return str(endpoint["service_settings"]["url"])

    return read
