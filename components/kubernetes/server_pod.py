"""The pod of a lane's llama-server, as a manifest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components.container.health import http_request
from components.kubernetes import model_volume, pod
from components.kubernetes.labels import LANE, NAME, REVISION, selected
from components.kubernetes.model_volume import ModelSource
from components.kubernetes.pod import Manifest
from components.kubernetes.resources import server_resources
from components.server.container import ANSWER_WITHIN, HOLDS_GPU, PORT, environment
from components.settings import Settings
from components.settings.lanes import LaneSettings
from components.settings.schema import Device
from components.settings.setting import PREFIX

CONTAINER: Literal["llama-server"] = "llama-server"

DIGITS = 8
"""How many digits of a pod's digest name it."""

PAUSE = 5
"""Seconds that a server goes on taking requests when it is ended, until no gateway sends it any."""

DRAINED_WITHIN = 300
"""Seconds that the requests in work get after that: a long document takes minutes on a small machine."""

LOADED_WITHIN = 600
"""Seconds within which the model must be loaded, and an embedding right."""

HTTP_THREADS = 512
"""HTTP threads of a server, which serve a connection each: all gateways may ask the same server, when others are gone.

Without one that is free the server can't tell its health, and would be started anew while it works. The number follows
no setting, so that other numbers of pods leave the servers as they are. See gateway_pod.at_once.
"""

LOOKED_EVERY = 5
UNHEALTHY_AFTER = 60
"""Seconds without an answer about its health after which a server is started anew."""


@dataclass(frozen=True, kw_only=True)
class ServerPod:
    """What a lane's server runs: its image, and the file of its model.

    `labels` are those of the whole stack, `key_secret` is the name of the Secret with the API key, empty without one.
    """

    image: str
    labels: Mapping[str, str]
    pull_secrets: tuple[str, ...]
    settings: Settings
    lane: LaneSettings
    model: ModelSource
    key_secret: str


@dataclass(frozen=True)
class Revision:
    """A pod's template, and the digest that names this very one: with any other content it is another."""

    digest: str
    template: Manifest
    selector: dict[str, str]


def revision(server: ServerPod) -> Revision:
    """Return the pod's template with labels that select the pods of this template alone."""
    specification = _specification(server)
    text = json.dumps([specification, dict(server.labels), server.pull_secrets], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
    labels = {**server.labels, NAME: CONTAINER, LANE: server.lane.name, REVISION: digest}
    selector = {**selected(labels, CONTAINER), LANE: server.lane.name, REVISION: digest}
    specification |= pod.common(selector, server.pull_secrets)
    return Revision(digest, {"metadata": {"labels": labels}, "spec": specification}, selector)


def _specification(server: ServerPod) -> Manifest:
    kubernetes, fetch = server.settings.kubernetes, not server.model.claim
    return {
        **pod.placement(kubernetes),
        "terminationGracePeriodSeconds": PAUSE + DRAINED_WITHIN + 10,
        "initContainers": [model_volume.prepare(server.model, fetch=fetch)],
        "containers": [_container(server)],
        "volumes": [
            *model_volume.volumes(server.model, fetch=fetch),
            pod.memory_folder("tmp", "64Mi"),
            *([pod.key_volume(server.key_secret)] if server.key_secret else []),
        ],
    }


def _container(server: ServerPod) -> Manifest:
    settings, key = server.settings, [pod.KEY_FILE] if server.key_secret else []
    variables = environment(settings.device, settings.model, settings.server, server.lane)
    variables[f"{PREFIX}THREADS_HTTP"] = str(HTTP_THREADS)
    checked = ["/usr/local/bin/startup-check", str(settings.model.dimensions), *key]
    drained = ["/usr/local/bin/drain", str(PAUSE), str(DRAINED_WITHIN), *key]
    return {
        "name": CONTAINER,
        "image": server.image,
        **({"args": ["--api-key-file", *key]} if key else {}),
        "env": [{"name": name, "value": value} for name, value in sorted(variables.items())],
        "ports": [{"name": "http", "containerPort": PORT}],
        "securityContext": pod.security(),
        "resources": server_resources(settings, server.lane),
        **_probes(settings.device, checked),
        "lifecycle": {"preStop": {"exec": {"command": drained}}},
        "volumeMounts": [
            model_volume.mount(),
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 (a file system inside the container)
            *([pod.key_mount()] if key else []),
        ],
    }


def _probes(device: Device, checked: list[str]) -> dict[str, Any]:
    """Return the probes: an embedding must be right once; later one would wait behind long documents, or delay them."""
    within = 2 * ANSWER_WITHIN
    return {
        "startupProbe": {
            "exec": {"command": checked},
            "periodSeconds": LOOKED_EVERY,
            # Bash reads the answer, beside others that compute.
            "timeoutSeconds": 60,
            "failureThreshold": LOADED_WITHIN // LOOKED_EVERY,
        },
        "readinessProbe": pod.http_probe(
            "/health", PORT, periodSeconds=LOOKED_EVERY, timeoutSeconds=ANSWER_WITHIN, failureThreshold=2
        ),
        "livenessProbe": {
            **_asked_for_health(device, within),
            "periodSeconds": 2 * LOOKED_EVERY,
            "timeoutSeconds": within + 2,
            "failureThreshold": UNHEALTHY_AFTER // (2 * LOOKED_EVERY),
        },
    }


def _asked_for_health(device: Device, within: int) -> Manifest:
    """Return how a server is asked whether it is alive; on cuda one that lost its GPU, and computes without, is not."""
    if device == "cpu":
        return pod.http_probe("/health", PORT)
    commands = f"{http_request(PORT, '/health', answer_within=within)} && {{ {HOLDS_GPU}; }}"
    return {"exec": {"command": ["bash", "-c", commands]}}
