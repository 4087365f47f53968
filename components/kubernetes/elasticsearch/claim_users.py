"""Tells which workloads of a cluster mount a claim."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from components.kubernetes.kubectl import Target, run

WORKLOADS = "statefulsets,deployments"
"""What runs for long, and may have the data of a claim open."""


def users_of(claim: str, target: Target, *, ending: bool = False) -> list[str]:
    """Return kind and name of what mounts the claim and stays, or of what is `ending`. Raises KubectlError."""
    found = json.loads(run(["get", WORKLOADS, "--output", "json"], target))["items"]
    return [
        f"{one['kind']} {one['metadata']['name']}"
        for one in found
        if ("deletionTimestamp" in one["metadata"]) is ending and claim in _claims(one)
    ]


def _claims(workload: Mapping[str, Any]) -> set[str]:
    volumes = workload["spec"]["template"]["spec"].get("volumes", ())
    return {
        volume["persistentVolumeClaim"]["claimName"]
        for volume in volumes
        if "persistentVolumeClaim" in volume
    }
