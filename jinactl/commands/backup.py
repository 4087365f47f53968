"""`jinactl backup`."""

from typing import Annotated

import typer

from jinactl import options
from jinactl.backups import as_dict, back_up, line, read_all
from jinactl.console import Console
from jinactl.stack import read_stack

EXAMPLES = """\
\b
Examples:
  jinactl backup --keep 30
  jinactl backup --list
  jinactl backup --list --json | jq -r 'select(.whole).name'
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES, short_help="Back up the indices of the stack's own node.")(backup)


def backup(
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.EachIndex = "",
    keep: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many backups of each index are kept.")
    ] = 7,
    listed: Annotated[bool, typer.Option("--list", help="Only list the backups that there are.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Back up all indices of the stack's own node into its volume of backups.

    Each index of the stack gets a backup of its own, and the first one's holds whatever else is on the node. With
    --index only that one is backed up. A backup counts only when it is complete, and only then are older ones than the
    newest --keep deleted.
    """
    console = Console(as_json=as_json)
    facts = read_stack(stack, outputs, index)
    if not listed:
        for taken in back_up(facts, [facts.index] if index else facts.indices, keep, console.say):
            if as_json:
                console.json(as_dict(taken))
        return
    backups = read_all(facts)
    for one in backups:
        if as_json:
            console.json(as_dict(one))
        else:
            console.print(line(one))
    if not backups:
        console.say("there are no backups yet: `jinactl backup` takes one")
