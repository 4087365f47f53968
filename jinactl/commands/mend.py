"""`jinactl mend`."""

from typing import Annotated

import typer

from jinactl import mend as mending
from jinactl import options
from jinactl.console import Console
from jinactl.stack import read_stack

EXAMPLES = """\
\b
Examples:
  jinactl mend --dry-run --list
  jinactl mend -s gpu
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(mend)


def mend(
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count them, and change nothing.")] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="Print a line for each: what is wrong, and its id.")
    ] = False,
) -> None:
    """Embed again what was changed past the pipeline.

    Embeds the documents again whose embedding is not of their text: a bulk update with a partial document, say, runs no
    pipeline. Who changes a document meanwhile wins. What was looked at once is not looked at again.
    """
    mending.mend(read_stack(stack, outputs, index), Console().say, dry_run=dry_run, listed=listed)
