"""The machines of a cluster: containers on a network of their own, with the control plane or a kubelet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from docker.client import DockerClient
from docker.errors import APIError, NotFound
from docker.types import IPAMConfig, IPAMPool

from sandbox.errors import SandboxError
from sandbox.kubernetes.binaries import Binaries
from sandbox.kubernetes.certificates import Certificates
from sandbox.kubernetes.manifests import VOLUMES
from sandbox.machine.ports import LOOPBACK
from sandbox.machine.process import run

LABEL = "jina-search.cluster"
"""The label of everything of a cluster in the engine; its value is the cluster's name."""

CONTROL_PLANE = "control-plane"
API_PORT, REGISTRY_PORT = 6443, 5000


NODE_RIGHTS = (
    # Not --privileged, which asks for a right that machines in a container of their own may lack, and no node needs.
    "--cap-add=ALL --cap-drop=SYS_RESOURCE --cgroupns=private --device=/dev/kmsg:/dev/kmsg:r".split()
    + ["--device-cgroup-rule=a *:* rwm"]
    + [f"--security-opt={one}=unconfined" for one in ("seccomp", "apparmor", "systempaths")]
)


@dataclass(frozen=True)
class Addresses:
    """Where a control plane answers."""

    api: str
    registry: str
    """Both on this machine: host and port."""
    gateway: str
    """This machine's address as the nodes and their pods see it."""


class Machines:
    """Makes the containers of the cluster `name`, whose files are in `folder`."""

    def __init__(self, name: str, folder: Path, binaries: Binaries, image: str, *, fake: bool) -> None:
        self._engine = DockerClient.from_env()
        self._name = name
        self._folder = folder
        self._binaries = binaries
        self._image = image
        self._fake = fake
        self._nodes: list[tuple[str, str]] = []

    def start_control_plane(self, nodes: Sequence[str]) -> Addresses:
        """Start the control plane, and the nodes with it if they are fake; `nodes` are the real ones to come.

        Raises SandboxError when the engine has no network for them, or does not start the container.
        """
        subnet = self._make_network()
        self._control_plane = f"{subnet}.2"
        self._nodes = [(node, f"{subnet}.{number}") for number, node in enumerate(nodes, start=11)]
        certificates = Certificates(self._folder / "cluster", self._folder / "log")
        certificates.make(self._control_plane, self._nodes)
        inside = f"https://{self._control_plane}:{API_PORT}"
        users = ["admin", "kube-controller-manager", "kube-scheduler", "kube-proxy", *nodes]
        for user in users:
            file = certificates.folder / f"{user}.kubeconfig"
            certificates.write_kubeconfig(file, user, inside, inside=True)
        environment = {"ADDRESS": self._control_plane, "FAKE_NODES": "yes" if self._fake else ""}
        published = [f"--publish={LOOPBACK}::{port}" for port in (API_PORT, REGISTRY_PORT)]
        kept = ["--tmpfs=/var/lib/etcd", "--volume=/var/lib/registry"]
        self._run("control-plane.sh", CONTROL_PLANE, self._control_plane, environment, *published, *kept)
        found = addresses(self._name)
        if found is None:
            raise SandboxError(f"The control plane of {self._name} has ended: see {self._folder / 'log'}.")
        certificates.write_kubeconfig(
            self._folder / "kubeconfig", "admin", f"https://{found.api}", inside=False
        )
        return found

    def start_nodes(self) -> None:
        """Start the real nodes; they join by themselves.

        Raises SandboxError when the engine does not start one of them.
        """
        shared = f"{self._name}-volumes"
        self._engine.volumes.create(shared, labels={LABEL: self._name})
        for number, (node, address) in enumerate(self._nodes):
            environment = {
                "NODE": node,
                "ADDRESS": address,
                "PODS": f"10.244.{number}.0/24",
                "ALL_PODS": "10.244.0.0/16",
                "REGISTRY": f"{self._control_plane}:{REGISTRY_PORT}",
                "ROUTES": " ".join(
                    f"10.244.{other}.0/24={to}"
                    for other, (_, to) in enumerate(self._nodes)
                    if other != number
                ),
            }
            # What containerd and the kubelet keep lies in no layer of the container: overlays can't be stacked.
            own = ["--volume=/var/lib/containerd", "--volume=/var/lib/kubelet"]
            volumes = [*own, f"--volume={shared}:{VOLUMES}"]
            self._run("worker.sh", node, address, environment, *NODE_RIGHTS, *volumes)

    def _run(self, program: str, node: str, address: str, environment: dict[str, str], *options: str) -> None:
        run(
            [
                *"docker run --detach --restart=no".split(),
                f"--name={self._name}-{node}",
                f"--hostname={node}",
                f"--label={LABEL}={self._name}",
                f"--network={self._name}",
                f"--ip={address}",
                f"--volume={self._binaries.folder}:/opt/kubernetes:ro",
                f"--volume={self._folder / 'cluster'}:/cluster:ro",
                *(f"--env={name}={value}" for name, value in environment.items()),
                *options,
                self._image,
                f"/usr/local/bin/{program}",
            ],
            self._folder / "log",
        )

    def _make_network(self) -> str:
        """Make a network of its own and return the first three numbers of its addresses."""
        for number in range(250):
            subnet = f"10.89.{number}"
            pool = IPAMConfig(pool_configs=[IPAMPool(subnet=f"{subnet}.0/24", gateway=f"{subnet}.1")])
            try:
                self._engine.networks.create(self._name, ipam=pool, labels={LABEL: self._name})
            except APIError as error:
                if "overlaps" not in str(error):
                    raise
            else:
                return subnet
        raise SandboxError("No network of 10.89.0.0/16 is free in the docker engine: `docker network prune`.")


def addresses(cluster: str) -> Addresses | None:
    """Return where the control plane of a cluster answers, None if it does not run."""
    engine = DockerClient.from_env()
    try:
        container = engine.containers.get(f"{cluster}-{CONTROL_PLANE}")
    except NotFound:
        return None
    published = {port: one[0]["HostPort"] for port, one in container.ports.items() if one}
    if not published:
        return None
    network = container.attrs["NetworkSettings"]["Networks"][cluster]
    api, registry = (f"{LOOPBACK}:{published[f'{port}/tcp']}" for port in (API_PORT, REGISTRY_PORT))
    return Addresses(api, registry, network["Gateway"])


def count_nodes(cluster: str) -> int:
    """Return how many real nodes a cluster has, dead ones included."""
    everything = {"label": f"{LABEL}={cluster}"}
    return len(DockerClient.from_env().containers.list(all=True, filters=everything)) - 1


def remove(cluster: str) -> None:
    """Remove everything of a cluster from the engine, and the names by which images were pushed to its registry."""
    engine = DockerClient.from_env()
    everything = {"label": f"{LABEL}={cluster}"}
    for container in engine.containers.list(all=True, filters=everything):
        pushed = [f"{LOOPBACK}:{one[0]['HostPort']}/" for one in container.ports.values() if one]
        container.remove(force=True, v=True)
        for image in engine.images.list() if pushed else ():
            for tag in image.tags:
                if tag.startswith(tuple(pushed)):
                    engine.images.remove(tag, noprune=True)
    for network in engine.networks.list(filters=everything):
        network.remove()
    for volume in engine.volumes.list(filters=everything):
        volume.remove()
