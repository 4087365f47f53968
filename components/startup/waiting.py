"""Waits until a program in a container answers, and notices when it never will."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from components.backoff import Backoff, Patience
from components.engine.container import State
from components.program.errors import CheckError
from components.say import Say
from components.startup.ending import Program, Runs, describe, ended, shown

TOLD_EVERY = 15.0
"""Seconds between two progress lines."""

PAUSE = 0.3

NEXT_END = 10.0
"""Seconds to wait for the next exit of a program that crashes over and over, to see how it exits."""

Answer = TypeVar("Answer")


class NotReadyError(Exception):
    """The program may answer later; the message says why it does not answer yet."""


def wait_for(
    what: str,
    ask: Callable[[], Answer],
    program: Program,
    runs: Runs,
    *,
    place: str,
    patience: float,
    say: Say,
) -> Answer:
    """Call `ask` until it raises no NotReadyError; return what it returns.

    Raises CheckError when `patience` seconds are over, and at once when what `runs` ends or crashes over and over.
    `what` names what `ask` waits for, such as "an embedding"; `place` names who is asked; `say` shows progress.
    """
    began = told = time.monotonic()
    backoff = Backoff(Patience(limit=patience, first_pause=PAUSE, longest_pause=PAUSE))
    restarts_before = None
    while True:
        try:
            return ask()
        except NotReadyError as error:
            reason = str(error)
        state = runs.state()
        restarts_before = state.restarts if restarts_before is None else restarts_before
        if ended(program, state, restarts_before):
            raise CheckError(describe(program, runs, _between_starts(runs, state)))
        if not backoff.again():
            log = shown(program, runs.last_lines(program.searched))
            raise CheckError(
                f"{place} did not give {what} within {patience:.0f} s ({reason}).\n"
                f"The last lines of its log ({runs.log_command}):\n{log}"
            )
        now = time.monotonic()
        if now - told >= TOLD_EVERY:
            told = now
            say(f"waiting for {what} for {now - began:.0f} s: {reason}")


def _between_starts(runs: Runs, state: State) -> State:
    """Wait until the container is between two starts; return its state then, or the last state seen."""
    backoff = Backoff(Patience(limit=NEXT_END, first_pause=PAUSE / 10, longest_pause=PAUSE / 10))
    while state.runs and backoff.again():
        state = runs.state()
    return state
