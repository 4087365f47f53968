"""Reads by what a stack's server for documents multiplies, from the Docker engine or the Kubernetes cluster."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from components.engine.docker_cli import answer, run, text
from components.engine.errors import EngineError
from components.kubernetes import kubectl
from components.kubernetes.errors import KubectlError
from components.kubernetes.kubectl import Target
from components.kubernetes.labels import NAME
from jinactl.errors import CommandError
from jinactl.kernels.said import Multiplying, multiplying
from jinactl.outputs import StackFacts

STARTED_WITHIN = timedelta(seconds=30)
"""A backend is loaded in the first second. Later lines are of no use here, and may be many."""

FIRST_BYTES = 20_000
"""Of a pod's log: what a server says while it starts."""

SECONDS = 15.0
GPU = "nvidia.com/gpu"


def of_server(facts: StackFacts) -> Multiplying:
    """Return by what a stack's server for documents multiplies; raises CommandError where that is not told."""
    if not facts.server_container:
        raise CommandError("the outputs name no server: `pulumi up` adds it")
    if facts.cluster:
        return of_pods(facts.server_container, facts.cluster)
    return of_container(facts.server_container)


def of_container(name: str) -> Multiplying:
    """Return by what the server in a container multiplies; raises CommandError where the engine does not tell."""
    try:
        (found,) = json.loads(answer(["docker", "inspect", "--type", "container", name], SECONDS))
        log = start_of_log(name, str(found["State"]["StartedAt"]))
        return multiplying(environment_of(found), log, has_gpu=has_gpu(found))
    except (EngineError, ValueError, KeyError) as error:
        raise CommandError(f"the Docker engine does not tell of {name}: {_first_line(error)}") from error


def environment_of(inspected: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of a container that was inspected."""
    variables = (inspected.get("Config") or {}).get("Env") or []
    return {name: value for name, _, value in (one.partition("=") for one in variables)}


def has_gpu(inspected: Mapping[str, Any]) -> bool:
    """Tell whether a container that was inspected is given a GPU."""
    return bool((inspected.get("HostConfig") or {}).get("DeviceRequests"))


def start_of_log(name: str, started: str) -> list[str]:
    """Return what a container has written since its start and soon after; `started` is the engine's time of it.

    Raises EngineError where the engine shows no log, and ValueError for what is no time.
    """
    # The engine's times are in UTC, and have nine digits after the second, which count for nothing here.
    began = datetime.fromisoformat(started[:19])
    window = [f"--since={began.isoformat()}Z", f"--until={(began + STARTED_WITHIN).isoformat()}Z"]
    shown = run(["docker", "logs", *window, name], seconds=SECONDS, merge=True)
    if shown.returncode != 0:
        raise EngineError(text(shown.stdout))
    return shown.stdout.decode(errors="replace").splitlines()


def of_pods(server: str, cluster: Target) -> Multiplying:
    """Return by what the first pod of a server's Deployment multiplies; raises CommandError where that is not told."""
    listed = ["get", "pods", "--selector", f"{NAME}=llama-server", "--output", "json"]
    try:
        pods = json.loads(kubectl.run(listed, cluster, within=SECONDS))["items"]
        pod = next((one for one in pods if one["metadata"]["name"].startswith(f"{server}-")), None)
        if pod is None:
            raise CommandError(f"there is no pod of {server}")
        container = pod["spec"]["containers"][0]
        shown = ["logs", pod["metadata"]["name"], "--container", container["name"]]
        log = kubectl.run([*shown, f"--limit-bytes={FIRST_BYTES}"], cluster, within=SECONDS)
    except (KubectlError, ValueError, LookupError) as error:
        raise CommandError(f"the cluster does not tell of {server}: {_first_line(error)}") from error
    limits: Mapping[str, Any] = (container.get("resources") or {}).get("limits") or {}
    environment = {one["name"]: str(one.get("value", "")) for one in container.get("env") or []}
    return multiplying(environment, log.splitlines(), has_gpu=GPU in limits)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
