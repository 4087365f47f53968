"""How every program begins and ends: what it prints, and how it handles errors and signals."""

from __future__ import annotations

import sys
from collections.abc import Callable

from components.errors import StackError
from components.program.stopping import run_until_stopped


def say(line: str) -> None:
    """Show a progress line on stderr; stdout is only for the program's result."""
    print(line, file=sys.stderr, flush=True)


def run_to_end(work: Callable[[], str]) -> int:
    """Print what `work` returns, or say why it raised StackError; return the exit code."""
    return run_until_stopped(lambda: _run(work))


def _run(work: Callable[[], str]) -> int:
    try:
        print(work())
    except StackError as error:
        say(str(error))
        return 1
    return 0
