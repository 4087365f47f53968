"""Refuses claims that something else in the namespace mounts, before a new node would take them over.

Run as `python3 -m components.commands.cluster_claim_check` with KUBECTL_* and CLAIM_CHECK_CLAIMS, names with commas
between them, in the environment, when a stack gets a node and before anything of it is made. A claim that nobody mounts
is one that an earlier stack left; one that somebody does has the documents of another stack, or of a stranger. The node
of a stack that was just destroyed is waited for: one that is made while it still ends would end with it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from components.backoff import Backoff, Patience
from components.kubernetes.elasticsearch.claim_users import users_of
from components.kubernetes.kubectl import Target
from components.names import names_in
from components.program.entry import run_to_end
from components.program.errors import CheckError

PATIENCE = 300.0
"""Seconds for a node to end: it writes what it has in memory."""

PAUSE = 1.0


def require_free(claims: Sequence[str], target: Target) -> str:
    """Return a line that says that nothing mounts the claims. Raises CheckError and KubectlError."""
    for claim in claims:
        if users := users_of(claim, target):
            raise CheckError(
                f"{' and '.join(users)} in namespace {target.namespace} uses claim {claim}, which the Elasticsearch "
                "node of this stack would take over, with the documents in it; nothing of the node was made.\n"
                "- Is it another stack's, or a stranger's? Set kubernetesNamespace to a namespace of this stack's own "
                "(`pulumi config set kubernetesNamespace`), or elasticsearchUrl to that Elasticsearch.\n"
                "- Is it this stack's own, whose state was lost? docs/kubernetes.md says how its documents are found "
                "again."
            )
    backoff = Backoff(Patience(limit=PATIENCE, first_pause=PAUSE, longest_pause=PAUSE))
    while users := sorted({user for claim in claims for user in users_of(claim, target, ending=True)}):
        if not backoff.again():
            raise CheckError(
                f"{' and '.join(users)} in namespace {target.namespace} was deleted, and has not ended within "
                f"{PATIENCE:.0f} s. `kubectl --namespace {target.namespace} get pods` shows what is left of it; when "
                "that is gone, run `pulumi up` again."
            )
    return f"nothing uses {' and '.join(claims)}"


def work() -> str:
    """Look at the claims that the environment names; return what was seen."""
    return require_free(names_in(os.environ["CLAIM_CHECK_CLAIMS"]), Target.from_environment(os.environ))


if __name__ == "__main__":
    sys.exit(run_to_end(work))
