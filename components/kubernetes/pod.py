"""What every pod of a stack has, as parts of its manifest: by the rules of the Pod Security level `restricted`."""

from collections.abc import Mapping, Sequence
from typing import Any

from components.settings import KubernetesSettings

Manifest = dict[str, Any]
"""A part of an object in Kubernetes' own words."""

USER = 10001
"""User and group of our images."""

KEY_FOLDER = "/run/secrets/jina-search"
KEY_FILE = f"{KEY_FOLDER}/key"
KEY = "key"
"""Where the file with the API key is in a container, and its name in the Secret."""

GONE_AFTER = 10
"""Seconds after which a pod on a node that does not answer is made anew elsewhere: five minutes by default."""


def security() -> Manifest:
    """Return what a container may do: nothing beyond its own files, which it can't change."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def pod_security() -> Manifest:
    """Return who a pod's processes are."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def common(labels: Mapping[str, str], pull_secrets: Sequence[str]) -> Manifest:
    """Return what the specification of a pod with these labels has, its containers, volumes and tolerations aside."""
    return {
        "securityContext": pod_security(),
        "automountServiceAccountToken": False,
        # Variables with the addresses of every Service, of which names can be like those of settings.
        "enableServiceLinks": False,
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": dict(labels)},
            }
        ],
        **({"imagePullSecrets": [{"name": name} for name in pull_secrets]} if pull_secrets else {}),
    }


def tolerations(settings: KubernetesSettings | None = None) -> list[Manifest]:
    """Return the taints that a pod stands: a dead node's for a moment, and those of the settings."""
    dead = [
        {
            "key": f"node.kubernetes.io/{state}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": GONE_AFTER,
        }
        for state in ("not-ready", "unreachable")
    ]
    return [*dead, *(_toleration(one) for one in (settings.tolerations if settings else ()))]


def placement(settings: KubernetesSettings) -> Manifest:
    """Return on which nodes a pod of the settings may run, and by which runtime."""
    chosen: Manifest = {"tolerations": tolerations(settings)}
    if settings.node_selector:
        chosen["nodeSelector"] = dict(one.split("=", 1) for one in settings.node_selector)
    if settings.runtime_class:
        chosen["runtimeClassName"] = settings.runtime_class
    return chosen


def _toleration(written: str) -> Manifest:
    """Read KEY=VALUE:EFFECT, or KEY:EFFECT for any value."""
    pair, _, effect = written.rpartition(":")
    key, equals, value = pair.partition("=")
    if equals:
        return {"key": key, "operator": "Equal", "value": value, "effect": effect}
    return {"key": key, "operator": "Exists", "effect": effect}


def http_probe(path: str, port: int, **numbers: int) -> Manifest:
    """Return a probe that asks for a path; `numbers` are periodSeconds and the like."""
    return {"httpGet": {"path": path, "port": port}, **numbers}


def memory_folder(name: str, size: str) -> Manifest:
    """Return a volume in memory."""
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": size}}


def key_volume(secret: str) -> Manifest:
    """Return the volume with the API key, which is in a Secret of that name."""
    return {
        "name": "key",
        "secret": {
            "secretName": secret,
            "defaultMode": 0o440,
            "items": [{"key": KEY, "path": "key"}],
        },
    }


def key_mount() -> Manifest:
    """Return the mount of that volume."""
    return {"name": "key", "mountPath": KEY_FOLDER, "readOnly": True}
