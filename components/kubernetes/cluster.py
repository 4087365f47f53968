"""Which cluster answers: its identity."""

from __future__ import annotations

import json

from components.kubernetes.errors import AnotherClusterError, ForbiddenError, KubectlError
from components.kubernetes.kubectl import Target, run

SYSTEM = "kube-system"
"""The namespace that every cluster has, and keeps for its life: its uid identifies the cluster, by convention."""


def cluster_uid(target: Target) -> str:
    """Return the uid of the cluster that answers; its address where this user may not see the namespace.

    Raises KubectlError where none answers.
    """
    try:
        return run(["get", "namespace", SYSTEM, "--output=jsonpath={.metadata.uid}"], target).strip()
    except ForbiddenError:
        shown = json.loads(run(["config", "view", "--minify", "--output=json"], target))
        return str(shown["clusters"][0]["cluster"]["server"])


def cluster_uid_if_any(target: Target) -> str:
    """Return the uid of the cluster that answers, empty where none does."""
    try:
        return cluster_uid(target)
    except KubectlError:
        return ""


def require_cluster(target: Target, known: str) -> str:
    """Return the uid of the cluster that answers. Raises AnotherClusterError unless it is `known`, and KubectlError."""
    found = cluster_uid(target)
    if known and found != known:
        raise AnotherClusterError(found=found, known=known)
    return found
