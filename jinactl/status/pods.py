"""The pods of a stack on Kubernetes."""

from components.kubernetes.errors import KubectlError
from components.kubernetes.kubectl import Target
from components.kubernetes.live_pods import Pod, Pods
from jinactl.doctor.declared import kubectl_line
from jinactl.doctor.pods import STACKS
from jinactl.status.state import ContainerState, Unread


def read_pods(cluster: Target) -> tuple[ContainerState, ...] | Unread:
    """Return the stack's pods by name, those that are about to end too."""
    try:
        pods = Pods(target=cluster, selector=STACKS).listed()
    except KubectlError as error:
        return Unread(f"the pods are not told: {str(error).splitlines()[0]}")
    if not pods:
        return Unread(
            f"the cluster that kubectl asks has no pod of this stack in namespace {cluster.namespace}"
        )
    return tuple(_container(cluster, one) for one in pods)


def _container(cluster: Target, pod: Pod) -> ContainerState:
    reason = pod.reason.partition(":")[0]
    # One that has not been started has no log; the cluster tells what it waits for.
    began = pod.runs or pod.state.restarts
    shows = f"logs {pod.name} --container {pod.container}" if began else f"describe pod {pod.name}"
    return ContainerState(
        name=pod.name,
        image="",
        status="running" if pod.runs else reason or pod.state.status,
        health="healthy" if pod.ready else "unhealthy" if pod.runs else "",
        restarts=pod.state.restarts,
        logs=f"{kubectl_line(cluster)} {shows}",
    )
