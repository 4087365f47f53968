"""The options that every container of a stack is declared with, so that the Docker provider applies every change.

The provider reads a container back after it has made it, and compares texts: a value in another spelling is a change at
every preview. For some properties it records a change in its state, but applies it only in part or not at all.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pulumi
import pulumi_docker as docker

CPU_PERIOD = 100_000
"""Microseconds over which a limit of CPUs counts, the kernel's usual ones.

A limit is declared as a share of them, not as `cpus`: that is read back as "2.0" for 2, and as "10." for 10.
"""

NOT_APPLIED = ["memory", "cpuPeriod", "cpuQuota", "mounts", "healthcheck", "tmpfs"]
"""Properties that the provider changes only in its state, or fails to change.

Without a swap limit beside it the engine raises no memory limit, and a memory limit is never removed.
"""

FAILED_START = "#initerror"
"""Pulumi's name for what went wrong at the start: without it, an update would leave such a container as it is."""

LEAST_PRIVILEGE: dict[str, Any] = {
    "capabilities": docker.ContainerCapabilitiesArgs(drops=["ALL"]),
    "security_opts": ["no-new-privileges"],
    "log_driver": "json-file",
    "log_opts": {"max-size": "10m", "max-file": "3"},
}
"""No rights that a container does not need, and a log that does not fill the disk."""


def container_options(
    parent: pulumi.Resource, *, delete_before_replace: bool, depends_on: Sequence[pulumi.Resource] = ()
) -> pulumi.ResourceOptions:
    """Return the options of a container, with which any change to it makes a new container."""
    return pulumi.ResourceOptions(
        parent=parent,
        delete_before_replace=delete_before_replace,
        depends_on=list(depends_on),
        replace_on_changes=[*NOT_APPLIED, FAILED_START],
        # The engine sets it from the limit of memory; nobody asks for it.
        ignore_changes=["memorySwap"],
    )


def cpu_limit(cpus: str) -> dict[str, Any]:
    """Return the arguments that limit a container to `cpus` CPUs, such as "1.5"; no arguments for an empty text."""
    return {"cpu_period": CPU_PERIOD, "cpu_quota": int(Decimal(cpus) * CPU_PERIOD)} if cpus else {}
