"""What the containers of servers are promised of their node, and what they may take at most, by the settings."""

from components.kubernetes.pod import Manifest
from components.settings import Settings
from components.settings.lanes import LaneSettings, lanes
from components.settings.rules.memory import ITSELF, buffer_size, file_size, packed_size
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
    requests: Manifest = {"cpu": _cpu(cpu_request(settings, lane)), "memory": _memory(memory)}
    limits: Manifest = {}
    if settings.server.memory:
        limits["memory"] = _memory(settings.server.memory)
        requests["memory"] = _memory(min(memory, settings.server.memory))
    elif settings.model.repository == JINA_REPOSITORY and settings.device == "cpu":
        limits["memory"] = _memory(round(memory * MARGIN))
    if settings.server.cpus:
        limits["cpu"] = _cpu(_thousandths(settings.server.cpus))
    if settings.device == "cuda":
        gpus = settings.server.gpus
        limits[settings.kubernetes.gpu_resource] = "1" if gpus == "all" else gpus
    return {"requests": requests, **({"limits": limits} if limits else {})}


def cpu_request(settings: Settings, lane: LaneSettings) -> int:
    """Return the thousandths of a CPU that a lane's server is promised, within its limit."""
    most = max(one.shares for one in lanes(settings.server))
    wanted = round(_thousandths(settings.kubernetes.cpu_request) * lane.shares / most)
    limit = _thousandths(settings.server.cpus) if settings.server.cpus else wanted
    return max(LEAST_CPU, min(wanted, limit))


def memory_needed(settings: Settings, lane: LaneSettings) -> int:
    """Return the MiB that a lane's server needs: the model's file, the buffers of its largest batch, and itself."""
    if settings.device == "cuda":
        return ITSELF + file_size(settings)
    return file_size(settings) + packed_size(settings) + buffer_size(settings, lane.ubatch_size) + ITSELF


def busy_cpus(settings: Settings) -> str:
    """Return the CPUs that a server uses on average when there are to be more of them."""
    most = _thousandths(settings.server.cpus or settings.kubernetes.cpu_request)
    # An autoscaler has to have a target.
    return _cpu(max(LEAST_CPU, round(most * BUSY)))


def _thousandths(cpus: str) -> int:
    return round(1000 * float(cpus))


def _cpu(thousandths: int) -> str:
    """Write thousandths of a CPU as a cluster shows them."""
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def _memory(mebibytes: int) -> str:
    """Write MiB as a cluster shows them."""
    return f"{mebibytes}Mi" if mebibytes % 1024 else f"{mebibytes // 1024}Gi"
