"""Which cluster answers: its identity."""

from __future__ import annotations

import json

from components.kubernetes.errors import (
    AnotherClusterError,
    ForbiddenError,
    KubectlError,
    NoKubectlError,
    UnseenClusterError,
)
from components.kubernetes.kubectl import Target, run

SYSTEM = "kube-system"
"""The namespace that every cluster has, and keeps for its life: its uid identifies the cluster, by convention."""


ANSWER_SECONDS = 20.0
"""Seconds that the cluster gets to say who it is: a preview on a machine without one waits for that."""


def cluster_uid(target: Target) -> str:
    """Return the uid of the cluster that answers; its address where this user may not see the namespace.

    Raises KubectlError where none answers.
    """
    asked = ["get", "namespace", SYSTEM, "--output=jsonpath={.metadata.uid}"]
    try:
        return run(asked, target, within=ANSWER_SECONDS).strip()
    except ForbiddenError:
        return _server(target)


def require_cluster(target: Target, known: str) -> str:
    """Return the uid of the cluster that answers, or `known` where that is the cluster's address.

    Raises AnotherClusterError unless it is `known`, UnseenClusterError where this user may not see that, and
    KubectlError where none answers. An empty `known` is any.
    """
    found = cluster_uid(target)
    if not known or found == known or (_is_address(known) and _server(target) == known):
        return known or found
    if _is_address(found) and not _is_address(known):
        raise UnseenClusterError(known)
    raise AnotherClusterError(found=found, known=known)


def require_cluster_if_any(target: Target, known: str) -> None:
    """Raise AnotherClusterError, or UnseenClusterError, if a cluster answers and is not known to be `known`.

    Raises NoKubectlError too: Pulumi's provider needs no kubectl, and may reach any cluster.
    """
    try:
        require_cluster(target, known)
    except (AnotherClusterError, UnseenClusterError, NoKubectlError):
        raise
    except KubectlError:
        return


def _server(target: Target) -> str:
    shown = json.loads(run(["config", "view", "--minify", "--output=json"], target))
    return str(shown["clusters"][0]["cluster"]["server"])


def _is_address(identity: str) -> bool:
    return "://" in identity
