"""What the containers of servers are promised of their node, and what they may take at most, by the settings."""

from components.kubernetes.pod import Manifest
from components.settings import Settings
from components.settings.lanes import LaneSettings, lanes
from components.settings.rules.memory import ITSELF, buffer_size, file_size
from components.settings.schema import JINA_REPOSITORY

LEAST_CPU = 10
"""Thousandths of a CPU that every server is promised."""

MARGIN = 1.25
"""By how much the limit of memory exceeds what was measured for the default model."""

BUSY = 0.8
"""Share of its CPUs that a server uses when there are to be more of them."""


def server_resources(settings: Settings, lane: LaneSettings) -> Manifest:
    """Return requests and limits of a lane's server.

    Requested CPUs weigh containers against each other where they compete, so they keep the proportion of the lanes.
    """
    memory = memory_needed(settings, lane)
    requests: Manifest = {"cpu": f"{cpu_request(settings, lane)}m", "memory": f"{memory}Mi"}
    limits: Manifest = {}
    if settings.server.memory:
        limits["memory"] = f"{settings.server.memory}Mi"
        requests["memory"] = f"{min(memory, settings.server.memory)}Mi"
    elif settings.model.repository == JINA_REPOSITORY and settings.device == "cpu":
        limits["memory"] = f"{round(memory * MARGIN)}Mi"
    if settings.server.cpus:
        limits["cpu"] = settings.server.cpus
    if settings.device == "cuda":
        gpus = settings.server.gpus
        limits[settings.kubernetes.gpu_resource] = "1" if gpus == "all" else gpus
    return {"requests": requests, **({"limits": limits} if limits else {})}


def cpu_request(settings: Settings, lane: LaneSettings) -> int:
    """Return the thousandths of a CPU that a lane's server is promised, within its limit."""
    most = max(one.shares for one in lanes(settings.server))
    wanted = round(1000 * float(settings.kubernetes.cpu_request) * lane.shares / most)
    limit = round(1000 * float(settings.server.cpus)) if settings.server.cpus else wanted
    return max(LEAST_CPU, min(wanted, limit))


def memory_needed(settings: Settings, lane: LaneSettings) -> int:
    """Return the MiB that a lane's server needs: the model's file, the buffers of its largest batch, and itself."""
    if settings.device == "cuda":
        return ITSELF + file_size(settings)
    return file_size(settings) + buffer_size(settings, lane.ubatch_size) + ITSELF


def busy_cpus(settings: Settings) -> str:
    """Return the CPUs that a server uses on average when there are to be more of them."""
    cpus = float(settings.server.cpus or settings.kubernetes.cpu_request)
    return f"{round(1000 * cpus * BUSY)}m"
