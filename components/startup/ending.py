"""Says why a program in a container does not come up, from the container's state and the end of its log."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from components.engine.container import State

LINES = 12
"""How many lines of the log are shown, from the end."""

KILLED = 137
"""Exit code of a program that was killed, which the kernel does to one that takes too much memory."""


@dataclass(frozen=True)
class Program:
    """What is known of a program that runs in a container.

    `advice` pairs patterns in its log with what to do, the more telling patterns first; `by_exit_code` says what to do
    when no pattern matches. After `crashes` failed starts the program is taken to crash at every start. `searched` is
    the number of log lines, from the end, that are searched. `readable` turns a log line into one to show, or into an
    empty text when it is not worth showing.
    """

    name: str
    advice: tuple[tuple[str, str], ...]
    by_exit_code: Mapping[int, str]
    crashes: int
    searched: int = LINES
    readable: Callable[[str], str] = str


class Runs(Protocol):
    """What a program runs in: a container of an engine, or the pods of a cluster."""

    @property
    def place(self) -> str:
        """Name it for messages."""

    @property
    def log_command(self) -> str:
        """The command line that shows its log."""

    def state(self) -> State:
        """Return its state now."""

    def last_lines(self, count: int) -> list[str]:
        """Return the last lines of its log that are not empty; none where there is no log to read."""


def ended(program: Program, state: State, restarts_before: int) -> bool:
    """Tell whether the container has ended for good, or crashes whenever it is started."""
    if state.status in ("exited", "dead"):
        return True
    since = state.restarts - restarts_before
    return since >= program.crashes or (state.status == "restarting" and state.restarts >= program.crashes)


def describe(program: Program, runs: Runs, state: State) -> str:
    """Return a message with how the container ended, what to do, and the end of its log."""
    lines = runs.last_lines(program.searched)
    how = "ended" if state.runs else f"ended with exit code {state.exit_code}"
    how = "was killed for want of memory" if state.out_of_memory else how
    again = f", {state.restarts} times in a row" if state.restarts > 1 else ""
    return (
        f"{program.name} {how}{again} in {runs.place}. {advice(program, state, lines)}\n"
        f"Its last lines:\n{shown(program, lines)}"
    )


def shown(program: Program, lines: list[str]) -> str:
    """Return the last lines of a log as they are shown below a message."""
    readable = [line for line in map(program.readable, lines) if line]
    return "\n".join(f"  {line}" for line in readable[-LINES:]) or "  (nothing)"


def advice(program: Program, state: State, lines: list[str]) -> str:
    """Say what to do about a program that ended in this state after these lines of its log."""
    log = "\n".join(lines)
    for pattern, what_to_do in program.advice:
        if re.search(pattern, log):
            return what_to_do
    code = KILLED if state.out_of_memory else state.exit_code
    return program.by_exit_code.get(
        code, "Its log says why; correct the settings that it names, and run `pulumi up` again."
    )
