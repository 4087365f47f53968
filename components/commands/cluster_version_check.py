"""Refuses an Elasticsearch version that could not read the data in a claim, while the node that can still runs.

Run as `python3 -m components.commands.cluster_version_check` with KUBECTL_* and VERSION_CHECK_* in the environment. It
is the version_check of a node in a cluster: there the image is known by its name alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from components.commands.version_check import require_readable, shown, version_in, version_of
from components.kubernetes.elasticsearch.claim_version import noted_version
from components.kubernetes.kubectl import Target
from components.program.entry import run_to_end


@dataclass(frozen=True)
class Check:
    """What is compared: the wanted image, by its name, and what has written to the claim."""

    image_name: str
    claim: str
    target: Target

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Check:
        """Read the check from KUBECTL_* and VERSION_CHECK_* variables."""
        return cls(
            image_name=environment["VERSION_CHECK_IMAGE_NAME"],
            claim=environment["VERSION_CHECK_CLAIM"],
            target=Target.from_environment(environment),
        )


def run_check(check: Check) -> str:
    """Return a line that says what was seen; an unknown version passes. Raises CheckError and KubectlError."""
    wanted = version_of({}, check.image_name)
    there = version_in(noted_version(check.claim, check.target))
    require_readable(there, wanted, f"claim {check.claim}")
    return f"Elasticsearch {shown(wanted)} may use claim {check.claim}"


def work() -> str:
    """Run the check that the environment describes; return what was seen."""
    return run_check(Check.from_environment(os.environ))


if __name__ == "__main__":
    sys.exit(run_to_end(work))
