"""The same stack on one machine and in a cluster, with a client beside the gateway, and one on the machine itself."""

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import yaml
from docker.client import DockerClient
from docker.models.containers import Container

from benchmarks.cluster import asking, memory
from components.kubernetes.forward import forwarded
from sandbox.errors import SandboxError
from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.machines import CONTROL_PLANE
from sandbox.pulumi.stack import PROJECT, SandboxStack

PROGRAM = Path(asking.__file__)
PATH = "/query/v1/embeddings"
SERVICE = "llama-server-queries"
PORT = 8080
CLIENT = "benchmark-client"

BESIDE = "beside the gateway"
OUTSIDE = "from the machine"
PLACES = (BESIDE, OUTSIDE)

STACK_OWN, ENGINE, CONTROL = "the stack", "the engine, or a node", "the control plane"
PARTS = (STACK_OWN, ENGINE, CONTROL)
OF_THE_STACK = frozenset({"llama-server", "java", "python3"})
"""Names of the programs in the stack's containers, the first processes of some of them aside."""


class Platform(ABC):
    """A stack that is up somewhere, and what it is asked by."""

    def __init__(self, name: str, stack: SandboxStack) -> None:
        self.name = name
        self.stack = stack

    def ask(self, place: str, texts: int, count: int) -> list[float]:
        """Ask so many times for so many texts; return the seconds of each request.

        Raises SandboxError with what the client says when one was not answered.
        """
        inside = f"http://{SERVICE}:{PORT}{PATH}"
        client, url = (self.client(), inside) if place == BESIDE else ([sys.executable], self.url())
        command = [*client, "-u", "-c", PROGRAM.read_text(), url, str(texts), str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SandboxError(f"{self.name}, {place}: {done.stderr.strip()}")
        seconds: list[float] = json.loads(done.stdout)
        return seconds

    @abstractmethod
    def client(self) -> list[str]:
        """Return the Python that runs beside the gateway, in the gateway's image."""

    @abstractmethod
    def with_client(self) -> AbstractContextManager[None]:
        """Have that Python's container or pod while inside."""

    @abstractmethod
    def url(self) -> str:
        """Return where this machine reaches the gateway."""

    @abstractmethod
    def memory(self) -> dict[str, dict[str, float]]:
        """Return the MiB of each program, by the part that it belongs to."""


class OnDocker(Platform):
    """The stack on this machine's engine, with a container beside its gateway."""

    def client(self) -> list[str]:
        """Return what runs Python in the container beside the gateway."""
        return ["docker", "exec", f"{PROJECT}-{self.stack.name}-{CLIENT}", "python3"]

    def url(self) -> str:
        """Return the published port of the gateway."""
        return f"http://127.0.0.1:{self.stack.settings['serverPort']}{PATH}"

    def memory(self) -> dict[str, dict[str, float]]:
        """Return the memory of the stack's containers, of the engine, and of their shims."""
        every = [one for one in self.containers() if not one.name.endswith(CLIENT)]
        roots = {int(one.attrs["State"]["Pid"]) for one in every}
        # The engine serves the sandbox's nodes and other containers too; each container's shim is its own.
        engine = memory.named("dockerd") | memory.named("containerd")
        nodes = memory.tree(_first_processes({"label": "jina-search.cluster"}))
        engine = (engine - nodes) | {memory.parent(one) for one in roots}
        return {
            STACK_OWN: memory.by_name(memory.tree(roots)),
            ENGINE: memory.by_name(engine),
        }

    def containers(self) -> list[Container]:
        """Return the stack's containers."""
        named = {"name": f"^/{PROJECT}-{self.stack.name}-"}
        found: list[Container] = DockerClient.from_env().containers.list(filters=named)
        return found

    @contextmanager
    def with_client(self) -> Iterator[None]:
        """Have the container beside the gateway while inside."""
        gateway = DockerClient.from_env().containers.get(f"{PROJECT}-{self.stack.name}-gateway")
        client = DockerClient.from_env().containers.run(
            gateway.image.id,
            entrypoint=["sleep", "7200"],
            name=f"{PROJECT}-{self.stack.name}-{CLIENT}",
            network=next(iter(gateway.attrs["NetworkSettings"]["Networks"])),
            detach=True,
            init=True,
        )
        try:
            yield
        finally:
            client.remove(force=True)


class OnCluster(Platform):
    """The stack in a cluster of one node, with a pod beside its gateway."""

    def __init__(self, name: str, stack: SandboxStack, cluster: Cluster) -> None:
        super().__init__(name, stack)
        self._cluster = cluster
        self._namespace = f"{PROJECT}-{stack.name}"

    def client(self) -> list[str]:
        """Return what runs Python in the pod beside the gateway."""
        kubectl = [str(self._cluster.binaries.program("kubectl")), f"--kubeconfig={self._cluster.kubeconfig}"]
        return [*kubectl, f"--namespace={self._namespace}", "exec", CLIENT, "--", "python3"]

    def url(self) -> str:
        """Return a forward to the Service: as long as this process lives, it is one and the same."""
        return forwarded(f"kubectl://{self._namespace}/{SERVICE}:{PORT}{PATH}")

    def memory(self) -> dict[str, dict[str, float]]:
        """Return the memory of the stack's programs, of the others on the node, and of the control plane."""
        node = memory.by_name(memory.tree(_first_processes({"name": f"^/{self._cluster.name}-node-"})))
        control = _first_processes({"name": f"^/{self._cluster.name}-{CONTROL_PLANE}$"})
        return {
            STACK_OWN: _only(node, lambda name: name in OF_THE_STACK),
            ENGINE: _only(node, lambda name: name not in OF_THE_STACK),
            # The sandbox keeps its registry in the same container.
            CONTROL: _only(memory.by_name(memory.tree(control)), lambda name: name != "docker-registry"),
        }

    @contextmanager
    def with_client(self) -> Iterator[None]:
        """Have the pod beside the gateway while inside."""
        self._cluster.kubectl("apply", "--filename=-", given=yaml.safe_dump(self._pod()))
        here = f"--namespace={self._namespace}"
        try:
            self._cluster.kubectl("wait", "--for=condition=Ready", f"pod/{CLIENT}", here, "--timeout=120s")
            yield
        finally:
            self._cluster.kubectl("delete", "pod", CLIENT, here, "--grace-period=0", "--force")

    def _pod(self) -> dict[str, object]:
        gateways = self._cluster.get(
            "pods", "--selector=app.kubernetes.io/name=gateway", f"--namespace={self._namespace}"
        )
        container = {
            "name": "client",
            "image": gateways["items"][0]["spec"]["containers"][0]["image"],
            "command": ["sleep", "7200"],
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
        without_rights = {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": CLIENT, "namespace": self._namespace},
            "spec": {
                "containers": [container],
                "restartPolicy": "Never",
                "securityContext": without_rights,
                "terminationGracePeriodSeconds": 0,
            },
        }


def _first_processes(filters: dict[str, str]) -> set[int]:
    every = DockerClient.from_env().containers.list(filters=filters)
    return {int(one.attrs["State"]["Pid"]) for one in every}


def _only(found: dict[str, float], wanted: Callable[[str], bool]) -> dict[str, float]:
    return {name: size for name, size in found.items() if wanted(name)}
