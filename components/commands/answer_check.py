"""Waits until the node or the gateway answers in its container, and says why if it never will.

Run as `python3 -m components.commands.answer_check` with ANSWER_CHECK_* in the environment. The program is asked inside
its container, on any engine. Any answer counts, also one that refuses access.
"""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from components.engine.container import Container
from components.engine.errors import EngineTimeoutError, NotListeningError
from components.program.entry import run_to_end, say
from components.say import Say, say_nothing
from components.startup.ending import Program
from components.startup.gateway import GATEWAY
from components.startup.node import NODE
from components.startup.waiting import NotReadyError, wait_for

ANSWER_SECONDS = 10

PROGRAMS: Mapping[str, tuple[Program, str]] = {"node": (NODE, "/"), "gateway": (GATEWAY, "/live")}
"""What is waited for, by its name in ANSWER_CHECK_PROGRAM: what is known of it, and the path that it is asked for."""


@dataclass(frozen=True)
class Check:
    """Waits for `program`, a name of PROGRAMS, on `port` inside `container`, for `patience` seconds at most."""

    program: str
    container: str
    port: int
    patience: float

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Check:
        """Read the check from ANSWER_CHECK_* variables."""
        return cls(
            program=environment["ANSWER_CHECK_PROGRAM"],
            container=environment["ANSWER_CHECK_CONTAINER"],
            port=int(environment["ANSWER_CHECK_PORT"]),
            patience=float(environment["ANSWER_CHECK_PATIENCE"]),
        )


def run(check: Check, container: Container, say: Say = say_nothing) -> str:
    """Wait for the program; return in one line what was seen. Raises CheckError and EngineError."""
    program, path = PROGRAMS[check.program]
    wait_for(
        "an answer",
        lambda: _answer(check, path, container),
        program,
        container,
        place=f"{program.name} in container {check.container}",
        patience=check.patience,
        say=say,
    )
    return f"the {check.program} in container {check.container} answers"


def _answer(check: Check, path: str, container: Container) -> None:
    try:
        status, _ = container.get(check.port, path, ANSWER_SECONDS)
    except (http.client.HTTPException, NotListeningError, EngineTimeoutError) as error:
        raise NotReadyError(str(error) or type(error).__name__) from error
    # A node that answers 401 is up; whether it knows the user is not checked here.
    if status not in (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED):
        raise NotReadyError(f"HTTP {status}")


def work() -> str:
    """Run the check that the environment describes; return what was seen."""
    check = Check.from_environment(os.environ)
    return run(check, Container(check.container), say)


if __name__ == "__main__":
    sys.exit(run_to_end(work))
