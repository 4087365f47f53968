"""What an autoscaler goes by, as parts of its manifest."""

from components.kubernetes.pod import Manifest
from components.kubernetes.resources import busy_cpus
from components.server.container import ALIAS
from components.settings import Settings
from components.settings.lanes import LaneSettings

IN_FLIGHT = "gateway_requests_in_flight"
"""The gateway's metric (docker/gateway/metrics.py), of each lane."""

WAITING = 2
"""Requests in flight for each slot of a server when there are to be more servers: one at work, and one that waits."""


def by_cpu(cpus: str) -> Manifest:
    """Return the metric that keeps pods at so many CPUs on average.

    In CPUs and not of what is requested, which says how a pod weighs against others.
    """
    target = {"type": "AverageValue", "averageValue": cpus}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def of_servers(settings: Settings, lane: LaneSettings) -> Manifest:
    """Return the metric for the servers of a lane, by the setting."""
    if settings.kubernetes.scale_by == "cpu":
        return by_cpu(busy_cpus(settings))
    return {
        "type": "Object",
        "object": {
            # The sum over all gateways, which an adapter such as Prometheus' gives the Service in front of them.
            "describedObject": {"apiVersion": "v1", "kind": "Service", "name": ALIAS},
            "metric": {"name": IN_FLIGHT, "selector": {"matchLabels": {"lane": lane.name}}},
            "target": {"type": "AverageValue", "averageValue": str(WAITING * lane.parallel)},
        },
    }
