"""`jinactl repair`, and `jinactl mend`, as it was called before."""

import functools
from typing import Annotated, Any

import typer

from components.elasticsearch.documents.staleness import Found
from jinactl import options
from jinactl import repair as repairing
from jinactl.console import Console
from jinactl.stack import read_stack

EXAMPLES = """\
\b
Examples:
  jinactl repair --dry-run --list
  jinactl repair -s gpu
"""


def add_to(app: typer.Typer) -> None:
    """Add the command, and its former name, which no help lists."""
    app.command(epilog=EXAMPLES)(repair)
    app.command("mend", epilog=EXAMPLES, hidden=True)(mend)


def repair(
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count them, and change nothing.")] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="Print a line for each: what is wrong, and its id.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Embed again what was changed past the pipeline.

    Embeds the documents again whose embedding is not of their text: a bulk update with a partial document, say, runs no
    pipeline. Who changes a document meanwhile wins. What was looked at once is not looked at again.
    """
    console = Console(as_json=as_json)

    def show(one: Found) -> None:
        if as_json:
            console.json({"kind": one.kind, "_id": one.id})
        else:
            typer.echo(f"{one.kind}\t{one.id}")

    facts = read_stack(stack, outputs, index)
    done = repairing.repair(facts, console.say, show if listed else None, dry_run=dry_run)
    if as_json:
        console.json(done.as_dict())
    repairing.require_whole(done)


@functools.wraps(repair)
def mend(**arguments: Any) -> None:
    """Do the same, after saying the new name."""
    Console().say("`jinactl mend` is called `jinactl repair` now")
    repair(**arguments)
