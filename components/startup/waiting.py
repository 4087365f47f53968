"""Waits until a program in a container does what it is there for, and sees when it never will."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from components.backoff import Backoff, Patience
from components.engine.container import Container, State
from components.program.errors import CheckError
from components.say import Say
from components.startup.ending import Program, describe, ended, shown

TOLD_EVERY = 15.0
"""Seconds between two lines that tell a waiting person what is waited for."""

PAUSE = 0.3

NEXT_END = 10.0
"""Seconds for which the next end of a program that crashes over and over is waited for, to see how it ends."""

Answer = TypeVar("Answer")


class NotReadyError(Exception):
    """It may answer later; the message says why it does not yet."""


def wait_for(
    what: str,
    ask: Callable[[], Answer],
    program: Program,
    container: Container,
    *,
    place: str,
    patience: float,
    say: Say,
) -> Answer:
    """Call `ask` until it raises no NotReadyError; return what it returns.

    Raises CheckError when `patience` seconds are over, and at once when the container ends or crashes over and over.
    `what` is what comes in the end, such as "an embedding"; `place` is who is asked. `say` tells a person who waits.
    """
    began = told = time.monotonic()
    backoff = Backoff(Patience(limit=patience, first_pause=PAUSE, longest_pause=PAUSE))
    restarts_before = None
    while True:
        try:
            return ask()
        except NotReadyError as error:
            reason = str(error)
        state = container.state()
        restarts_before = state.restarts if restarts_before is None else restarts_before
        if ended(program, state, restarts_before):
            raise CheckError(describe(program, container, _between_starts(container, state)))
        if not backoff.again():
            log = shown(program, container.last_lines(program.searched))
            raise CheckError(
                f"{place} did not give {what} within {patience:.0f} s ({reason}).\n"
                f"The last lines of its log (docker logs {container.name}):\n{log}"
            )
        now = time.monotonic()
        if now - told >= TOLD_EVERY:
            told = now
            say(f"waiting for {what} for {now - began:.0f} s: {reason}")


def _between_starts(container: Container, state: State) -> State:
    """Return the container's state when it does not run for once, the last one seen where that does not come."""
    backoff = Backoff(Patience(limit=NEXT_END, first_pause=PAUSE / 10, longest_pause=PAUSE / 10))
    while state.runs and backoff.again():
        state = container.state()
    return state
