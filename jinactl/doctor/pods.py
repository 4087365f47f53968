"""Reads what a Kubernetes cluster knows of a stack's pods."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.kubernetes.elasticsearch.ending import NODE_IN_CLUSTER
from components.kubernetes.errors import ForbiddenError, KubectlError, NotFoundError
from components.kubernetes.kubectl import Target, run
from components.kubernetes.labels import NAME, Part
from components.kubernetes.live_pods import Pod, Pods
from components.startup.ending import Program
from components.startup.gateway import GATEWAY
from components.startup.server import SERVER
from jinactl.doctor.declared import Declared

STACKS = "app.kubernetes.io/part-of=jina-search"
"""Selects the pods of a stack: a namespace has those of one alone, since its Services have names of their own."""

SECONDS = 15.0
"""Within which the cluster must answer at first."""

PROGRAMS: Mapping[Part, Program] = {
    "gateway": GATEWAY,
    "llama-server": SERVER,
    "elasticsearch": NODE_IN_CLUSTER,
}
"""What is known of the program of each part that has pods."""


@dataclass(frozen=True, kw_only=True)
class LivePod:
    """A pod of a part of the stack, and the last `lines` of its log where it is not ready."""

    part: Part
    pod: Pod
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PodsReading:
    """What the cluster tells: `error` is why it does not, else None.

    `has_namespace` says whether it has that of the stack, as far as it lets this user see.
    """

    declared: Declared
    error: KubectlError | None = None
    has_namespace: bool = True
    pods: tuple[LivePod, ...] = ()

    @property
    def closed(self) -> str:
        """Why nothing in the namespace can be asked; empty where it can."""
        if not self.has_namespace:
            return "the stack's namespace is not there"
        return (
            ""
            if self.error is None or isinstance(self.error, ForbiddenError)
            else "the cluster can't be asked"
        )


def read_pods(declared: Declared, cluster: Target) -> PodsReading:
    """Ask the cluster for the stack's namespace and the pods in it."""
    try:
        if not _has_namespace(cluster):
            return PodsReading(declared=declared, has_namespace=False)
        return PodsReading(declared=declared, pods=live_pods(cluster))
    except KubectlError as error:
        return PodsReading(declared=declared, error=error)


def live_pods(cluster: Target) -> tuple[LivePod, ...]:
    """Return the stack's pods, part by part, except those that were told to end. Raises KubectlError."""
    return tuple(
        LivePod(part=part, pod=pod, lines=() if pod.ready else _last_lines(cluster, pod, program.searched))
        for part, program in PROGRAMS.items()
        for pod in Pods(target=cluster, selector=f"{STACKS},{NAME}={part}").listed()
        if not pod.ending
    )


def _has_namespace(cluster: Target) -> bool:
    try:
        run(["get", "namespace", cluster.namespace, "--output=name"], cluster, within=SECONDS)
    except NotFoundError:
        return False
    except ForbiddenError:  # whoever may see pods alone goes on with those
        return True
    return True


def _last_lines(cluster: Target, pod: Pod, count: int) -> tuple[str, ...]:
    asked = ["logs", pod.name, "--container", pod.container, "--tail", str(count)]
    # Between two starts it is the log of the former that says why.
    asked += ["--previous"] if pod.state.restarts and not pod.runs else []
    try:
        return tuple(line.rstrip() for line in run(asked, cluster).splitlines() if line.strip())
    except KubectlError:  # it may not have begun
        return ()
