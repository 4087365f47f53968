"""Looks at the Kubernetes cluster and the stack's pods in it."""

from collections.abc import Callable, Iterable, Iterator

from components.kubernetes.errors import NoClusterError, NoContextError, NoKubectlError
from components.startup.ending import advice
from jinactl.doctor.finding import CannotLookError, Check, Finding
from jinactl.doctor.pods import PROGRAMS, LivePod, PodsReading

Look = Callable[[PodsReading], Iterable[Finding]]


def _missing_kubectl(cluster: PodsReading) -> Iterator[Finding]:
    if isinstance(cluster.error, NoKubectlError):
        yield Finding(
            what="the `kubectl` command is not on PATH, and the stack is reached through it",
            remedy="install it (https://kubernetes.io/docs/tasks/tools/)",
        )


def _context(cluster: PodsReading) -> Iterator[Finding]:
    if isinstance(cluster.error, NoContextError):
        yield _said(cluster.error)


def _unreachable(cluster: PodsReading) -> Iterator[Finding]:
    if isinstance(cluster.error, NoClusterError):
        yield _said(cluster.error)


def _refusal(cluster: PodsReading) -> Iterator[Finding]:
    if cluster.error and not isinstance(cluster.error, NoKubectlError | NoContextError | NoClusterError):
        yield _said(cluster.error)


def _said(error: Exception) -> Finding:
    """Return what an error of the cluster's says: its first line tells what happened, the others what to do."""
    what, _, remedy = str(error).partition("\n")
    remedy = " ".join(remedy.split())
    return Finding(what=what.rstrip("."), remedy=remedy.rstrip(".") or "`kubectl cluster-info` says more")


def _namespace(cluster: PodsReading) -> Iterator[Finding]:
    if not cluster.has_namespace:
        known = cluster.declared.facts.cluster
        name = known.namespace if known else ""
        yield Finding(
            what=f"the cluster has no namespace {name}: it is another one than the stack's, or somebody deleted it",
            remedy="`kubectl config current-context` shows which cluster is asked; if it is the stack's, "
            "`pulumi refresh` and `pulumi up` make everything anew, and what was in its volumes is lost",
        )


def _missing(cluster: PodsReading) -> Iterator[Finding]:
    declared = cluster.declared
    for lane, name in declared.servers.items():
        if not any(one.pod.name.startswith(f"{name}-") for one in cluster.pods):
            yield _none(cluster, f"of {name}, the server for {lane}", f"deployment/{name}")
    parts = {one.part for one in cluster.pods}
    if "gateway" not in parts:
        yield _none(cluster, "of the gateway", "deployment/gateway")
    if declared.node_volume and "elasticsearch" not in parts:
        yield _none(cluster, "of the Elasticsearch node", "statefulset/elasticsearch")


def _none(cluster: PodsReading, whose: str, owner: str) -> Finding:
    return Finding(
        what=f"there is no pod {whose}",
        remedy=f"`{cluster.declared.kubectl} describe {owner}` says why; if it is not there, pulumi up --refresh",
    )


def _not_ready(cluster: PodsReading) -> Iterator[Finding]:
    for one in cluster.pods:
        if not one.pod.ready:
            last = f"; its last line is: {one.lines[-1].strip()}" if one.lines else ""
            yield Finding(
                what=f"pod {one.pod.described.rstrip('.')}{last}",
                remedy=_remedy(cluster.declared.kubectl, one),
            )


def _remedy(kubectl: str, one: LivePod) -> str:
    if not one.lines:  # what keeps it from starting is told by the cluster
        return f"`{kubectl} describe pod {one.pod.name}` says why"
    log = f"{kubectl} logs {one.pod.name} --container {one.pod.container}"
    if one.pod.state.restarts or not one.pod.runs:
        return f"{advice(PROGRAMS[one.part], one.pod.state, list(one.lines))} ({log})"
    return f"`{log}` shows whether it is about to start; `{kubectl} describe pod {one.pod.name}` what it waits for"


def _answering(look: Look) -> Look:
    """Return a check that looks only where the cluster answers and has the stack's namespace."""

    def looks(cluster: PodsReading) -> Iterable[Finding]:
        if cluster.closed or cluster.error:
            raise CannotLookError(cluster.closed or "this user may not see the pods")
        return look(cluster)

    return looks


CHECKS = (
    Check("kubectl-missing", _missing_kubectl),
    Check("kubernetes-context", _context),
    Check("kubernetes-unreachable", _unreachable),
    Check("kubernetes-refusal", _refusal),
    Check("namespace-missing", _namespace),
    Check("pod-missing", _answering(_missing)),
    Check("pod-not-ready", _answering(_not_ready)),
)
