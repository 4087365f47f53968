"""Removes a stack's own namespace at the end of a destroy, unless something that must be kept is in it.

Run as `python3 -m components.commands.cluster_namespace_removal` with KUBECTL_* and NAMESPACE_REMOVAL_CLUSTER_UID in
the environment. With a namespace goes everything that is in it, so what the stack keeps, and what others put there,
keeps the namespace. The cluster is looked at here once more: the guard of a destroy is gone when one that was
interrupted goes on, and another cluster may have a namespace of that name.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from components.kubernetes.cluster import require_cluster
from components.kubernetes.kubectl import Target, run
from components.program.entry import run_to_end

KEPT_FOR = "persistentvolumeclaims,deployments,statefulsets,daemonsets,jobs,cronjobs"
"""What holds data, or runs for somebody: what the stack itself ran is gone by now."""

PATIENCE = 180.0
"""Seconds for the namespace to go: the last pods in it take their time to end."""


def remove(target: Target, cluster_uid: str) -> str:
    """Remove the namespace in the cluster of that uid; return a line that says what was done.

    Raises KubectlError, as in another cluster.
    """
    require_cluster(target, cluster_uid)
    name = target.namespace
    found = json.loads(run(["get", KEPT_FOR, "--output", "json"], target))["items"]
    # What is on its way out keeps nothing.
    there = [_named(one) for one in found if not one["metadata"].get("deletionTimestamp")]
    if there:
        return (
            f"Namespace {name} is kept, for in it is {', '.join(there)}. When all of it may go: kubectl delete "
            f"namespace {name}"
        )
    deletion = ["delete", "namespace", name, "--ignore-not-found", f"--timeout={PATIENCE:.0f}s"]
    run(deletion, target, within=PATIENCE + 10)
    return f"Namespace {name} is gone."


def _named(found: Mapping[str, Any]) -> str:
    return f"{found['kind']} {found['metadata']['name']}"


def work() -> str:
    """Remove the namespace that the environment describes; return what was done."""
    return remove(Target.from_environment(os.environ), os.environ["NAMESPACE_REMOVAL_CLUSTER_UID"])


if __name__ == "__main__":
    sys.exit(run_to_end(work))
