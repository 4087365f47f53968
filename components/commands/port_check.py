"""Checks, before a container is deleted or created, whether something else has the port that it needs.

Run as `python3 -m components.commands.port_check` with PORT_CHECK_* in the environment. Without it the provider would
fail after the old container is gone, and name neither who has the port nor what to set.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.engine.info import inspect_containers
from components.program.entry import run_to_end
from components.program.errors import CheckError

OWNER = "jina-search.stack"
"""Label of a container that holds a port: the id of the stack that it is of."""

LAST_PORT = 65535
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 (addresses to compare with)


@dataclass(frozen=True)
class Check:
    """Which port is wanted: `port` of `address`, for `container` of the stack with the id `owner`.

    `former` is another name that this container had in an earlier version, if any, and `setting` the key that chooses
    the port. `local` says that the engine appears to publish ports on this machine, so that a port which no container
    has can be tried.
    """

    address: str
    port: int
    container: str
    owner: str
    setting: str
    local: bool
    former: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Check:
        """Read the check from PORT_CHECK_* variables."""
        host = environment.get("DOCKER_HOST", "")
        return cls(
            address=environment["PORT_CHECK_ADDRESS"],
            port=int(environment["PORT_CHECK_PORT"]),
            container=environment["PORT_CHECK_CONTAINER"],
            owner=environment["PORT_CHECK_OWNER"],
            setting=environment["PORT_CHECK_SETTING"],
            local=not host or host.startswith("unix://"),
            former=environment.get("PORT_CHECK_FORMER", ""),
        )


def run_check(check: Check) -> str:
    """Return in one line what was seen. Raises CheckError when somebody else has the port, and EngineError."""
    holders = read_holders(check)
    for name, owner in holders:
        if name not in (check.container, check.former) and owner != check.owner:
            raise CheckError(_taken_by(name, owner, check))
    if not holders and check.local and not can_be_had(check.address, check.port):
        raise CheckError(
            f"Port {check.port} of {check.address} is taken by a program of this machine that is no container: "
            f"`ss -ltnp 'sport = :{check.port}'` shows it, on macOS `lsof -i :{check.port}`. Nothing was changed. "
            f"End it, or {_set(check)}"
        )
    return f"port {check.port} of {check.address} can be had"


def read_holders(check: Check) -> list[tuple[str, str]]:
    """Return the running containers that have the port, each with its name and the id of the stack that it is of.

    The id is empty where a container tells none. Raises EngineError.
    """
    found = [one for one in inspect_containers("--filter", f"publish={check.port}") if _clashes(one, check)]
    return [(one["Name"].lstrip("/"), _labels(one).get(OWNER, "")) for one in found]


def can_be_had(address: str, port: int) -> bool:
    """Tell whether a program of this machine can listen there; True also if that can't be tried."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def _taken_by(name: str, stack: str, check: Check) -> str:
    of = f" of the stack with the id {stack}" if stack else ""
    return (
        f"Port {check.port} of {check.address} belongs to container {name}{of}; nothing was changed. Two stacks on one "
        f"host need two ports each (serverPort and elasticsearchPort): {_set(check)}"
    )


def _set(check: Check) -> str:
    return f"set another one: pulumi config set {check.setting} {check.port % LAST_PORT + 1}"


def _labels(container: Mapping[str, Any]) -> Mapping[str, str]:
    return (container.get("Config") or {}).get("Labels") or {}


def _clashes(container: Mapping[str, Any], check: Check) -> bool:
    """Tell whether a container has the port on an address that the wanted one is part of, or the other way round."""
    bindings = (container.get("HostConfig") or {}).get("PortBindings") or {}
    addresses = {
        binding.get("HostIp") or ""
        for published in bindings.values()
        for binding in published or []
        if binding.get("HostPort") == str(check.port)
    }
    return any(one == check.address or one in EVERYWHERE or check.address in EVERYWHERE for one in addresses)


def work() -> str:
    """Run the check that the environment describes; return what was seen."""
    return run_check(Check.from_environment(os.environ))


if __name__ == "__main__":
    sys.exit(run_to_end(work))
