"""`jinactl restore`."""

from typing import Annotated

import typer

from jinactl import backups, options
from jinactl.console import Console
from jinactl.stack import read_stack

EXAMPLES = """\
\b
Examples:
  jinactl restore
  jinactl restore --index tickets
  jinactl restore --snapshot jina-demo-20261127-101500
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(restore)


def restore(
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
    snapshot: Annotated[
        str, typer.Option(metavar="NAME", help="Which backup.", show_default="the newest whole one")
    ] = "",
    as_json: options.AsJson = False,
) -> None:
    """Restore a backup into a stack that is up.

    Restores it, verifies it, and puts it behind the alias. Refuses when the alias leads to documents of yours.
    """
    console = Console(as_json=as_json)
    backup, restored = backups.restore(read_stack(stack, outputs, index), snapshot, console.say)
    if as_json:
        console.json({"backup": backup.name, "index": restored})
