"""What a stack needs to run in a cluster of the sandbox, beside what it needs on one machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from components.say import Say
from sandbox.elasticsearch import image as elasticsearch
from sandbox.errors import SandboxError
from sandbox.hub.repository import FolderRepositories, hub_folder
from sandbox.hub.server import Hub
from sandbox.hub.service import PORT
from sandbox.kubernetes.binaries import PROVIDER_VERSION, ensure_provider
from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.images import push_as
from sandbox.part import Part
from sandbox.preparation import Prepared
from sandbox.providers.plugins import place_kubernetes

STACK = "k8s"
STORAGE_PORT = 443
"""The port of other servers that the stack's network policies let pods fetch a model from."""


@contextmanager
def reachable(cache: Path, say: Say, cluster: Cluster, prepared: Prepared) -> Iterator[Prepared]:
    """Let stacks run in `cluster` while inside: return `prepared` with the settings and the environment for it.

    Its pods fetch the model from a stand-in of the Hub, at this machine's address on their network. Raises
    SandboxError when the provider cannot be compiled or the images cannot be pushed.
    """
    hub_is_real = any(part.name == "model hub" and part.real for part in prepared.parts)
    if hub_is_real:
        raise SandboxError(
            "The pods of the sandbox's cluster reach this machine alone, so they need the stand-in of the Hub, but the "
            "real one answers here. Set HF_ENDPOINT to an address where nothing answers, and run this again."
        )
    home = Path(prepared.environment["PULUMI_HOME"])
    place_kubernetes(ensure_provider(cache, say), home)
    say("pushing the image of Elasticsearch to the cluster's registry")
    push_as(elasticsearch.IMAGE, f"{cluster.registry}/library/{elasticsearch.IMAGE}", cluster.folder / "log")
    with _hub(cache, cluster) as hub:
        settings = {
            "imageRegistry": cluster.registry,
            "modelHubEndpoint": hub.endpoint,
            "elasticsearchHeap": 512,
            "elasticsearchMemory": 1536,
        }
        parts = (
            Part("Pulumi kubernetes plugin", True, f"v{PROVIDER_VERSION}, compiled from its Go module"),
            Part("Kubernetes", True, cluster.what),
        )
        yield replace(
            prepared,
            parts=(*prepared.parts, *parts),
            environment={**prepared.environment, **access(cluster, prepared.environment)},
            settings={**prepared.settings, **settings},
        )


def _hub(cache: Path, cluster: Cluster) -> Hub:
    try:
        return Hub(
            FolderRepositories(hub_folder(cache)),
            address=cluster.gateway,
            port=PORT,
            storage_port=STORAGE_PORT,
        )
    except PermissionError as error:
        raise SandboxError(
            f"Port {STORAGE_PORT} of {cluster.gateway} can't be listened at by this user: run this as root."
        ) from error


def access(cluster: Cluster, environment: dict[str, str]) -> dict[str, str]:
    """Return the variables by which programs find `kubectl` and the cluster."""
    path = os.pathsep.join([str(cluster.binaries.folder), environment.get("PATH", os.defpath)])
    return {"PATH": path, "KUBECONFIG": str(cluster.kubeconfig)}
