"""`jinactl status`."""

import time
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.live import Live
from rich.text import Text

from jinactl import options
from jinactl.console import Console
from jinactl.outputs import StackFacts
from jinactl.stack import read_stack
from jinactl.status.reading import read_status
from jinactl.status.show import Line, Mark, as_json, lines
from jinactl.status.state import Status
from jinactl.status.verdict import search_works

SEARCH_IS_DOWN = 1
SECONDS_BETWEEN = 2.0

MARKS: dict[Mark, tuple[str, str]] = {
    "ok": ("ok", "green"),
    "look": ("look", "yellow"),
    "down": ("DOWN", "bold red"),
    "?": ("?", "dim"),
}
"""The word at the beginning of a line, and its colour: the word tells enough where there are none."""

EXAMPLES = """\
\b
Examples:
  jinactl status
  jinactl status -s gpu --watch
  jinactl status --json | jq '.indices[].generations'
  jinactl status > /dev/null || echo "search is down"
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES, short_help="Show what a stack is and does.")(status)


def status(
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.EachIndex = "",
    watch: Annotated[bool, typer.Option("--watch", help="Go on until Ctrl-C, every two seconds.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Show what a stack is and does: its parts, indices, lanes, license, disk and backups.

    Ends with exit code 1 when something that a search needs is down.
    """
    console = Console(as_json=as_json)
    facts = read_stack(stack, outputs, index)
    aliases = (facts.index,) if index else facts.indices
    found = _watched(console, facts, aliases) if watch else _shown(console, read_status(facts, aliases))
    if not search_works(found):
        raise typer.Exit(SEARCH_IS_DOWN)


def _shown(console: Console, found: Status) -> Status:
    if console.as_json:
        console.json(as_json(found))
    else:
        console.results.print(screen(lines(found)))
    return found


def _watched(console: Console, facts: StackFacts, aliases: Sequence[str]) -> Status:
    """Show the state again and again, in place on a terminal; return the last one after a Ctrl-C."""
    found = read_status(facts, aliases)
    try:
        if console.as_json or not console.results.is_terminal:
            while True:
                _shown(console, found)
                time.sleep(SECONDS_BETWEEN)
                found = read_status(facts, aliases)
        with Live(screen(lines(found)), console=console.results, auto_refresh=False) as live:
            while True:
                time.sleep(SECONDS_BETWEEN)
                found = read_status(facts, aliases)
                live.update(screen(lines(found)), refresh=True)
    except KeyboardInterrupt:
        return found


def screen(shown: list[Line]) -> Text:
    """Return the lines in columns, with the colours of their marks."""
    name_width = max(len(one.name) for one in shown)
    text = Text()
    for number, one in enumerate(shown):
        word, style = MARKS[one.mark]
        text.append("\n" if number else "")
        text.append(f"{word:<4}", style)
        text.append(f"  {one.name:<{name_width}}  {one.text}")
    return text
