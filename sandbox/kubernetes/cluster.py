"""A cluster on this machine: a container with the control plane, and one for each node unless the nodes are fake."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.client import DockerClient
from docker.models.containers import Container

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.kubernetes import machines, manifests
from sandbox.kubernetes.binaries import VERSION, Binaries, ensure_binaries
from sandbox.kubernetes.images import ensure_node_image, push_own_pods
from sandbox.kubernetes.machines import CONTROL_PLANE, LABEL, Machines

POLL_SECONDS = 0.3
READY_SECONDS = 180.0


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs: `folder` has its kubeconfig, `registry` is where this machine pushes images for it."""

    name: str
    folder: Path
    binaries: Binaries
    registry: str
    gateway: str
    """This machine's address as the nodes and their pods see it."""
    what: str
    """What it is, in a few words."""

    @property
    def kubeconfig(self) -> Path:
        """The file with which a person of all rights asks the cluster."""
        return self.folder / "kubeconfig"

    def kubectl(self, *arguments: str, given: str = "") -> str:
        """Return what kubectl says; `given` is its standard input.

        Raises SandboxError with what it says when it fails.
        """
        command: list[str | Path] = [
            self.binaries.program("kubectl"),
            "--kubeconfig",
            self.kubeconfig,
            *arguments,
        ]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SandboxError(f"`kubectl {' '.join(arguments)}` failed: {done.stderr.strip()}")
        return done.stdout

    def get(self, *arguments: str) -> Any:
        """Return what `kubectl get` finds, as it is in JSON."""
        return json.loads(self.kubectl("get", *arguments, "--output=json"))

    def node(self, name: str) -> Container:
        """Return the container that is a node."""
        found: Container = DockerClient.from_env().containers.get(f"{self.name}-{name}")
        return found


@contextmanager
def running(cache: Path, say: Say, name: str, *, nodes: int = 0, fake_nodes: int = 0) -> Iterator[Cluster]:
    """Run a cluster while inside, of so many real and so many fake nodes.

    Raises SandboxError when it cannot be started.
    """
    try:
        yield start(cache, say, name, nodes=nodes, fake_nodes=fake_nodes)
    finally:
        stop(name, cache)


def find(cache: Path, name: str, say: Say) -> Cluster | None:
    """Return a cluster that was started earlier and still runs, None if there is none."""
    folder = cache / "clusters" / name
    addresses = machines.addresses(name)
    if addresses is None or not (folder / "kubeconfig").is_file():
        return None
    nodes = machines.count_nodes(name)
    return Cluster(
        name, folder, ensure_binaries(cache, say), addresses.registry, addresses.gateway, _what(nodes)
    )


def start(cache: Path, say: Say, name: str, *, nodes: int = 0, fake_nodes: int = 0) -> Cluster:
    """Start a cluster that lives until `stop`; one of the same name that is there is removed first.

    Raises SandboxError when it does not answer, or its nodes do not become ready.
    """
    stop(name, cache)
    binaries = ensure_binaries(cache, say)
    image = ensure_node_image(cache, say)
    say(f"starting a cluster of Kubernetes with {nodes or fake_nodes} {'' if nodes else 'fake '}nodes")
    folder = cache / "clusters" / name
    made = Machines(name, folder, binaries, image, fake=bool(fake_nodes))
    addresses = made.start_control_plane([f"node-{number + 1}" for number in range(nodes)])
    cluster = Cluster(name, folder, binaries, addresses.registry, addresses.gateway, _what(nodes))
    _wait_for_api(cluster)
    if nodes:
        push_own_pods(binaries, cluster.registry, cluster.folder / "log")
        made.start_nodes()
    cluster.kubectl(
        "apply",
        "--filename=-",
        given=manifests.fake_nodes(fake_nodes) if fake_nodes else manifests.real(nodes),
    )
    _wait_for_nodes(cluster, nodes or fake_nodes)
    return cluster


def stop(name: str, cache: Path) -> None:
    """Remove a cluster with everything that it has kept; nothing happens when there is none."""
    machines.remove(name)
    shutil.rmtree(cache / "clusters" / name, ignore_errors=True)


def _what(nodes: int) -> str:
    where = f"{nodes} nodes in containers" if nodes else "nodes that kwok plays"
    return f"v{VERSION}, compiled from its Go module, with {where}"


def _wait_for_api(cluster: Cluster) -> None:
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            cluster.kubectl("get", "--raw", "/readyz")
        except SandboxError as error:
            if time.monotonic() > until or cluster.node(CONTROL_PLANE).status == "exited":
                log = cluster.node(CONTROL_PLANE).logs(tail=30).decode(errors="replace")
                raise SandboxError(f"The control plane does not answer: {error}\n{log}") from error
            time.sleep(POLL_SECONDS)
        else:
            return


def _wait_for_nodes(cluster: Cluster, number: int) -> None:
    until = time.monotonic() + READY_SECONDS
    while len(ready := ready_nodes(cluster)) < number:
        ended = DockerClient.from_env().containers.list(
            all=True, filters={"label": f"{LABEL}={cluster.name}", "status": "exited"}
        )
        if ended or time.monotonic() > until:
            log = ended[0].logs(tail=30).decode(errors="replace") if ended else "All of them still run."
            raise SandboxError(
                f"Of {number} nodes only these are ready: {', '.join(ready) or 'none'}. {log}\n"
                f"`docker exec {cluster.name}-node-1 tail /var/log/kubelet.log` says more."
            )
        time.sleep(POLL_SECONDS)


def ready_nodes(cluster: Cluster) -> list[str]:
    """Return the names of the nodes that say that they are ready."""
    return [
        node["metadata"]["name"]
        for node in cluster.get("nodes")["items"]
        for condition in node["status"].get("conditions", ())
        if condition["type"] == "Ready" and condition["status"] == "True"
    ]
