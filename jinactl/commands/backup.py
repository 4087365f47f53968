"""`jinactl backup`."""

from typing import Annotated

import typer

from jinactl import options
from jinactl.backups import back_up, listed
from jinactl.console import Console
from jinactl.stack import read_stack

EXAMPLES = """\
\b
Examples:
  jinactl backup --keep 30
  jinactl backup --list
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(backup)


def backup(
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
    keep: Annotated[int, typer.Option(min=1, help="How many backups are kept.")] = 7,
    only_list: Annotated[bool, typer.Option("--list", help="Only list the backups that there are.")] = False,
) -> None:
    """Back up all indices of the stack's own node into its volume of backups.

    Each index of the stack gets a backup of its own, and the first one's holds whatever else is on the node. With
    --index only that one is backed up.
    """
    console = Console()
    facts = read_stack(stack, outputs, index)
    if only_list:
        for line in listed(facts):
            console.print(line)
    else:
        back_up(facts, [facts.index] if index else facts.indices, keep, console.say)
