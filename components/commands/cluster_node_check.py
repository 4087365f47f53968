"""Waits until the stack's own Elasticsearch node runs in its cluster, and says why if it never will.

Run as `python3 -m components.commands.cluster_node_check` with KUBECTL_* and NODE_CHECK_* in the environment. It notes
the node's version on the claim with its data, where cluster_version_check looks.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from components.backoff import Backoff, Patience
from components.kubernetes.elasticsearch.claim_version import note_version, running_version
from components.kubernetes.elasticsearch.ending import NODE_IN_CLUSTER
from components.kubernetes.elasticsearch.rollout import Rollout
from components.kubernetes.kubectl import Target
from components.program.entry import run_to_end, say
from components.program.errors import CheckError
from components.say import Say, say_nothing
from components.startup.waiting import TOLD_EVERY

PAUSE = 1.0


@dataclass(frozen=True)
class Check:
    """Waits for the node of a `rollout`, whose data is in `claim`, for `patience` seconds at most."""

    rollout: Rollout
    claim: str
    patience: float

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Check:
        """Read the check from KUBECTL_* and NODE_CHECK_* variables."""
        return cls(
            rollout=Rollout(
                name=environment["NODE_CHECK_STATEFUL_SET"],
                pod=environment["NODE_CHECK_POD"],
                container=environment["NODE_CHECK_CONTAINER"],
                program=NODE_IN_CLUSTER,
                target=Target.from_environment(environment),
            ),
            claim=environment["NODE_CHECK_CLAIM"],
            patience=float(environment["NODE_CHECK_PATIENCE"]),
        )


def run_check(check: Check, say: Say = say_nothing) -> str:
    """Wait for the node and note its version; return what was seen. Raises CheckError and KubectlError."""
    rollout = check.rollout
    began = told = time.monotonic()
    backoff = Backoff(Patience(limit=check.patience, first_pause=PAUSE, longest_pause=PAUSE))
    while outstanding := rollout.outstanding():
        if not backoff.again():
            raise CheckError(
                f"{NODE_IN_CLUSTER.name} was not ready within {check.patience:.0f} s: {outstanding}.\n"
                f"The cluster says why: kubectl --namespace {rollout.target.namespace} describe pod {rollout.pod}"
            )
        now = time.monotonic()
        if now - told >= TOLD_EVERY:
            told = now
            say(f"waiting for the node for {now - began:.0f} s: {outstanding}")
    version = running_version(rollout.pod, rollout.container, rollout.target)
    if version:
        note_version(check.claim, version, rollout.target)
    return f"Elasticsearch {version or 'of an unknown version'} runs in pod {rollout.pod}"


def work() -> str:
    """Run the check that the environment describes; return what was seen."""
    return run_check(Check.from_environment(os.environ), say)


if __name__ == "__main__":
    sys.exit(run_to_end(work))
