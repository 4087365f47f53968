"""Refuses to continue if the cluster that answers is not the one that the stack lives in.

Run as `python3 -m components.commands.cluster_check` with KUBECTL_* and CLUSTER_CHECK_UID, the uid of the stack's
cluster, in the environment. Nothing of the stack is in another one: a destroy would forget everything, and leave it.
"""

from __future__ import annotations

import os
import sys

from components.kubernetes.cluster import require_cluster
from components.kubernetes.kubectl import Target
from components.program.entry import run_to_end


def work() -> str:
    """Compare the cluster that answers with the one named in the environment; return its description."""
    found = require_cluster(Target.from_environment(os.environ), os.environ["CLUSTER_CHECK_UID"])
    return f"the cluster is {found}"


if __name__ == "__main__":
    sys.exit(run_to_end(work))
