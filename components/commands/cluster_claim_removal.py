"""Removes a claim of a cluster when a stack gives it up, unless its content must be kept.

Run as `python3 -m components.commands.cluster_claim_removal` with KUBECTL_* and CLAIM_REMOVAL_* in the environment.
Pulumi itself never deletes the claim, and with it what only it may have. The cluster is looked at here once more: the
guard of a destroy is gone when one that was interrupted goes on, and another cluster may have a claim of that name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from components.kubernetes.cluster import require_cluster
from components.kubernetes.elasticsearch.claim_users import users_of
from components.kubernetes.kubectl import Target, run
from components.program.entry import run_to_end

PATIENCE = 120.0
"""Seconds for a claim to go, which it does when the last pod that had it is gone."""


@dataclass(frozen=True)
class Removal:
    """The claim to remove in the cluster of that uid, if it was `given_up` by the setting that is named."""

    cluster_uid: str
    claim: str
    setting: str
    given_up: bool
    target: Target

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Removal:
        """Read the removal from KUBECTL_* and CLAIM_REMOVAL_* variables."""
        return cls(
            cluster_uid=environment["CLAIM_REMOVAL_CLUSTER_UID"],
            claim=environment["CLAIM_REMOVAL_CLAIM"],
            setting=environment["CLAIM_REMOVAL_SETTING"],
            given_up=environment.get("CLAIM_REMOVAL_GIVEN_UP") == "true",
            target=Target.from_environment(environment),
        )


def remove(removal: Removal) -> str:
    """Remove the claim; return a line that says what was done. Raises KubectlError, as in another cluster."""
    claim, namespace = removal.claim, removal.target.namespace
    if not removal.given_up:
        return (
            f"Claim {claim} in namespace {namespace} is kept, with what is in it: {removal.setting} does not name all "
            "indices. A stack in this namespace finds it again. When it may go: "
            f"kubectl --namespace {namespace} delete persistentvolumeclaim {claim}"
        )
    require_cluster(removal.target, removal.cluster_uid)
    # The stack's own node is gone by now. A claim that is deleted while another has it goes with that one's next pod.
    if users := users_of(claim, removal.target):
        return (
            f"Claim {claim} in namespace {namespace} is kept, with what is in it: {' and '.join(users)} uses it, which "
            "is not this stack's."
        )
    deletion = ["delete", "persistentvolumeclaim", claim, "--ignore-not-found", f"--timeout={PATIENCE:.0f}s"]
    run(deletion, removal.target, within=PATIENCE + 10)
    return f"Claim {claim} is gone."


def work() -> str:
    """Remove the claim that the environment describes; return what was done."""
    return remove(Removal.from_environment(os.environ))


if __name__ == "__main__":
    sys.exit(run_to_end(work))
