"""The pods of the gateway, as a manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from components.kubernetes import pod
from components.kubernetes.labels import NAME, selected
from components.kubernetes.lane_record import KEY as LANES
from components.kubernetes.pod import Manifest
from components.kubernetes.server_pod import HTTP_THREADS
from components.server import container
from components.server.container import ANSWER_WITHIN, PORT
from components.server.gateway_environment import gateway_environment
from components.settings import Settings

CONTAINER: Literal["gateway"] = "gateway"
STATE = "/var/lib/gateway"
INITIAL_FOLDER = "/etc/gateway"
DRAIN_SECONDS = 5
"""For how long a gateway that is ended takes new connections: until everybody knows that it goes."""

FINISHED_WITHIN = 300
"""Seconds that its requests get after that."""

CPU = "100m"
MEMORY, MOST_MEMORY = "128Mi", "512Mi"
BUSY_CPUS = "600m"
"""CPUs of a gateway, which can use one, on average when there are to be more of them."""


@dataclass(frozen=True, kw_only=True)
class GatewayPod:
    """What a gateway runs: its image; the ConfigMap with its lanes and the Secret with the key are given by name."""

    image: str
    labels: Mapping[str, str]
    pull_secrets: tuple[str, ...]
    settings: Settings
    config_map: str
    key_secret: str


def template(gateway: GatewayPod) -> Manifest:
    """Return the template of the pods."""
    key = gateway.key_secret
    return {
        "metadata": {"labels": {**gateway.labels, NAME: CONTAINER}},
        "spec": {
            **pod.common(selected(gateway.labels, CONTAINER), gateway.pull_secrets),
            "tolerations": pod.tolerations(),
            "terminationGracePeriodSeconds": DRAIN_SECONDS + FINISHED_WITHIN,
            "containers": [_container(gateway)],
            "volumes": [
                {"name": "state", "emptyDir": {"sizeLimit": "1Mi"}},
                {"name": "lanes", "configMap": {"name": gateway.config_map}},
                # For the socket on which it takes orders.
                pod.memory_folder("tmp", "1Mi"),
                *([pod.key_volume(key)] if key else []),
            ],
        },
    }


def at_once(settings: Settings) -> int:
    """Return the requests that a gateway has at its servers at once, for each lane.

    They keep as many servers busy as there can be. But one server may be all that is there, for both lanes, while all
    gateways ask: it must have threads left that tell its health.
    """
    kubernetes = settings.kubernetes
    servers = max(
        kubernetes.replicas, kubernetes.max_replicas, kubernetes.query_replicas, kubernetes.query_max_replicas
    )
    gateways = max(kubernetes.gateway_replicas, kubernetes.gateway_max_replicas)
    most = (HTTP_THREADS - container.OTHER_THREADS) // (2 * gateways)
    return max(1, min(servers * container.at_once(settings.server), most))


def _container(gateway: GatewayPod) -> Manifest:
    settings, key = gateway.settings, gateway.key_secret
    variables = {
        **gateway_environment(settings.model, settings.server),
        "GATEWAY_AT_ONCE": str(at_once(settings)),
        "GATEWAY_INITIAL": f"{INITIAL_FOLDER}/{LANES}",
        "GATEWAY_DRAIN_SECONDS": str(DRAIN_SECONDS),
        # A connection that is kept stays with one server, while others have nothing to do.
        "GATEWAY_KEPT_SECONDS": "0",
        **({"GATEWAY_KEY_FILE": pod.KEY_FILE} if key else {}),
    }
    return {
        "name": CONTAINER,
        "image": gateway.image,
        "env": [{"name": name, "value": value} for name, value in sorted(variables.items())],
        "ports": [{"name": "http", "containerPort": PORT}],
        "securityContext": pod.security(),
        "resources": {"requests": {"cpu": CPU, "memory": MEMORY}, "limits": {"memory": MOST_MEMORY}},
        "startupProbe": pod.http_probe("/live", PORT, periodSeconds=1, failureThreshold=60),
        # Before the first server has proved itself the gateway answers, and tells clients to come again.
        "readinessProbe": pod.http_probe(
            "/live", PORT, periodSeconds=2, timeoutSeconds=ANSWER_WITHIN, failureThreshold=2
        ),
        "livenessProbe": pod.http_probe(
            "/live", PORT, periodSeconds=10, timeoutSeconds=2 * ANSWER_WITHIN, failureThreshold=6
        ),
        "volumeMounts": [
            {"name": "state", "mountPath": STATE},
            {"name": "lanes", "mountPath": INITIAL_FOLDER, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 (a file system inside the container)
            *([pod.key_mount()] if key else []),
        ],
    }
