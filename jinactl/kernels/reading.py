"""Reads by what a stack's server for documents multiplies, from the Docker engine or the Kubernetes cluster."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from components.engine.docker_cli import answer, run
from components.engine.errors import EngineError
from components.kubernetes import kubectl
from components.kubernetes.errors import KubectlError
from components.kubernetes.kubectl import Target
from components.kubernetes.labels import NAME
from jinactl.errors import CommandError
from jinactl.kernels.said import Multiplying, multiplying

STARTED_WITHIN = timedelta(seconds=30)
"""A backend is loaded in the first second. Later lines are of no use here, and may be many."""

FIRST_BYTES = 20_000
"""Of a pod's log: what a server says while it starts."""

SECONDS = 15.0
GPU = "nvidia.com/gpu"


def of_container(name: str) -> Multiplying:
    """Return by what the server in a container multiplies; raises CommandError where the engine does not tell."""
    try:
        (found,) = json.loads(answer(["docker", "inspect", "--type", "container", name], SECONDS))
        began = datetime.fromisoformat(str(found["State"]["StartedAt"])[:19])
        # The engine's times are in UTC, and a start counts from the second in which it was.
        window = [f"--since={began.isoformat()}Z", f"--until={(began + STARTED_WITHIN).isoformat()}Z"]
        log = run(["docker", "logs", *window, name], seconds=SECONDS, merge=True)
    except (EngineError, ValueError, KeyError) as error:
        raise CommandError(f"the Docker engine does not tell of {name}: {_first_line(error)}") from error
    environment = dict(one.partition("=")[::2] for one in found["Config"].get("Env") or [])
    has_gpu = bool((found.get("HostConfig") or {}).get("DeviceRequests"))
    return multiplying(environment, log.stdout.decode(errors="replace").splitlines(), has_gpu=has_gpu)


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
