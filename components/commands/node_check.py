"""Waits until the stack's own Elasticsearch node answers, and says why where it never will.

Run as `python3 -m components.commands.node_check` with NODE_CHECK_* in the environment. The node is asked inside its
container, on whatever engine; that it answers at all is what counts, not whom it lets in.
"""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from components.commands.engine import Container, EngineError, EngineTimeoutError, NotListeningError
from components.commands.node_failure import NODE
from components.commands.stopping import run_until_stopped
from components.commands.waiting import CheckError, NotReadyError, wait_for

ANSWER_SECONDS = 10
OK, UNAUTHORISED = 200, 401


@dataclass(frozen=True)
class Check:
    """Which node is waited for: that on `port` inside `container`, for `patience` seconds at most."""

    container: str
    port: int
    patience: float

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Check:
        """Read the check from NODE_CHECK_* variables."""
        return cls(
            container=environment["NODE_CHECK_CONTAINER"],
            port=int(environment["NODE_CHECK_PORT"]),
            patience=float(environment["NODE_CHECK_PATIENCE"]),
        )


def run(check: Check, container: Container, say: Callable[[str], None] = lambda _line: None) -> str:
    """Wait for the node; return in one line what was seen. Raises CheckError and EngineError."""
    wait_for(
        "an answer",
        lambda: _answer(check, container),
        NODE,
        container,
        place=f"{NODE.name} in container {check.container}",
        patience=check.patience,
        say=say,
    )
    return f"the node in container {check.container} answers"


def _answer(check: Check, container: Container) -> None:
    try:
        status, _ = container.get(check.port, "/", ANSWER_SECONDS)
    except (http.client.HTTPException, NotListeningError, EngineTimeoutError) as error:
        raise NotReadyError(str(error) or type(error).__name__) from error
    # A node that asks who it is that asks is up; which user it knows is another question.
    if status not in (OK, UNAUTHORISED):
        raise NotReadyError(f"HTTP {status}")


def main() -> int:
    """Run the check that the environment describes; return the exit code."""
    check = Check.of_environment(os.environ)
    try:
        container = Container(check.container)
        print(run(check, container, say=lambda line: print(line, file=sys.stderr, flush=True)))
    except (CheckError, EngineError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run_until_stopped(main))
