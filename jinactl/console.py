"""What the commands show: results on standard output, everything else on standard error."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 5.0


class Advance(Protocol):
    """Shows that so many more are done; `total` is how many there are, where that is known better by now."""

    def __call__(self, more: int, total: int | None = None) -> None:
        """Show it."""


class Console:
    """Standard output and standard error of a command.

    On a terminal there are colours, unless NO_COLOR is set, and bars of progress. Elsewhere there are plain lines.
    `as_json` says that results are JSON, a line each, whose readers want nothing else on standard output.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.results = RichConsole(highlight=False, emoji=False, soft_wrap=True)
        self._messages = RichConsole(stderr=True, highlight=False, emoji=False, soft_wrap=True)

    def print(self, text: str = "") -> None:
        """Print a line of the result, as it is."""
        self.results.print(text, markup=False)

    def json(self, value: object) -> None:
        """Print a value as one line of JSON."""
        line = json.dumps(value, ensure_ascii=False)
        try:
            line.encode(sys.stdout.encoding or "utf-8")
        except UnicodeEncodeError:  # half a surrogate pair, say, which only an escape can write
            line = json.dumps(value)
        print(line, flush=True)

    def say(self, line: str) -> None:
        """Say what is going on."""
        self._messages.print(line, markup=False)

    def error(self, message: str) -> None:
        """Say why the command failed."""
        self._messages.print("error:", style="bold red", end=" ")
        self._messages.print(message, markup=False)

    @contextmanager
    def progress(self, what: str, total: int | None) -> Iterator[Advance]:
        """Show how far something is, while the block runs, with its rate and the remaining time.

        The block gets a function that takes how many of the `total`, None if that is unknown, are done more, and
        perhaps another total.
        """
        if self._messages.is_terminal:
            with _bar(self._messages) as bar:
                task = bar.add_task(what, total=total, rate="")
                began = time.monotonic()

                def advance(more: int, total: int | None = None) -> None:
                    bar.update(
                        task, advance=more, total=total
                    )  # a total of None leaves the one that there is
                    bar.update(task, rate=_rate(bar.tasks[task].completed, began))

                yield advance
        else:
            yield _Lines(what, total, self.say).advance


class _Lines:
    """Progress where there is no terminal: a line now and then."""

    def __init__(self, what: str, total: int | None, say: Callable[[str], None]) -> None:
        self._what, self._total, self._say = what, total, say
        self._done = 0
        self._began = self._told = time.monotonic()

    def advance(self, more: int, total: int | None = None) -> None:
        self._done += more
        self._total = total or self._total
        now = time.monotonic()
        if now - self._told < SECONDS_BETWEEN_LINES:
            return
        self._told = now
        line = f"{self._what}: {self._done:,}"
        if self._total:
            left = (now - self._began) * (self._total - self._done) / max(self._done, 1)
            line += f" of {self._total:,}, about {left:.0f} s left"
        self._say(f"{line}, {_rate(self._done, self._began)}")


def _bar(console: RichConsole) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
    )


def _rate(done: float, began: float) -> str:
    return f"{done / max(time.monotonic() - began, 0.001):,.1f} a second"


def silence_broken_pipe() -> None:
    """Let the interpreter end without a word about a standard output that nobody reads any more."""
    # What is flushed at the end must have somewhere to go: the interpreter's own documentation advises this.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
