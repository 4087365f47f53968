"""What a stack declares of its parts, as its outputs tell: names, addresses and versions to compare with what is."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from components.kubernetes.kubectl import Target, command
from jinactl.outputs import StackFacts

SINCE = (
    "stackId",
    "dockerEngine",
    "serverUrl",
    "serverContainer",
    "queryServerContainer",
    "imageDigest",
    "elasticsearchVolume",
    "elasticsearchEmbeddingsUrl",
    "elasticsearchQueryEmbeddingsUrl",
    "indexGeneration",
)
"""Outputs that an earlier version did not write, and without which some checks cannot look."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """The stack's own word on its parts; texts are empty where the outputs do not tell.

    `server_url` is the gateway's address, `image` the id of the servers' image, `engine` that of the Docker engine.
    `servers` are the names of the servers' containers by lane; `node_volume` is empty without a node of the stack's
    own. `node_embeddings_url` and `node_query_embeddings_url` are the gateway's addresses as Elasticsearch reaches
    them. `generation` is the index behind the alias when the outputs were written. `missing` names the outputs of SINCE
    that are not there. `aliases` are the indices to look at.
    """

    facts: StackFacts
    server_url: str
    servers: Mapping[str, str]
    image: str
    engine: str
    node_volume: str
    node_embeddings_url: str
    node_query_embeddings_url: str
    generation: str
    missing: tuple[str, ...]
    aliases: tuple[str, ...]

    @property
    def stack_name(self) -> str:
        """What the names of the stack's containers begin with; empty where the outputs name none."""
        stem, found, _ = self.servers.get("documents", "").partition("-llama-server")
        return stem if found else ""

    @property
    def kubectl(self) -> str:
        """The beginning of a command line that asks the stack's namespace; empty on Docker."""
        return kubectl_line(self.facts.cluster) if self.facts.cluster else ""

    @property
    def width(self) -> int:
        """How many numbers the model returns."""
        return int(self.facts.identity["width"])

    def of_index(self, alias: str) -> "Declared":
        """Return the same of another index of the stack; the outputs name the generation of the first one alone."""
        if alias == self.facts.index:
            return self
        return replace(self, facts=replace(self.facts, index=alias), generation="")


def kubectl_line(cluster: Target) -> str:
    """Return the beginning of a command line that asks a namespace of a cluster, for messages."""
    return shlex.join(command(cluster))


def read_declared(outputs: Mapping[str, Any], facts: StackFacts, *, alone: bool = False) -> Declared:
    """Return what the outputs tell; `facts` are what every command knows of them.

    Every index of the stack is to be looked at, or that of the facts `alone`.
    """

    def told(name: str) -> str:
        return str(outputs.get(name) or "")

    lanes = {"documents": told("serverContainer"), "queries": told("queryServerContainer")}
    return Declared(
        facts=facts,
        server_url=told("serverUrl"),
        servers={lane: name for lane, name in lanes.items() if name},
        image=told("imageDigest"),
        engine=told("dockerEngine"),
        node_volume=told("elasticsearchVolume"),
        node_embeddings_url=told("elasticsearchEmbeddingsUrl"),
        node_query_embeddings_url=told("elasticsearchQueryEmbeddingsUrl"),
        generation=told("indexGeneration") if facts.index == facts.indices[0] else "",
        missing=tuple(name for name in SINCE if name not in outputs),
        aliases=(facts.index,) if alone else facts.indices,
    )
