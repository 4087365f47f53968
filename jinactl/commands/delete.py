"""`jinactl delete`."""

import sys
from typing import Annotated

import typer

from jinactl import options
from jinactl.console import Console
from jinactl.documents.deleting import Deleted, delete_documents
from jinactl.documents.selection import Selection
from jinactl.errors import UsageError
from jinactl.stack import read_stack

LEFT = 3
"""Exit code where documents stay because they were changed meanwhile."""

EXAMPLES = """\
\b
Examples:
  jinactl delete doc-17 doc-18
  jinactl delete --filter language=de --filter '{"range": {"year": {"lt": 2020}}}'
  jinactl delete --source notes/2024.md --yes
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(delete)


def delete(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids of documents.")] = None,
    filters: options.Filters = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="Documents whose field `source` has this value, as chunks have."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
    as_json: options.AsJson = False,
) -> None:
    """Delete documents, after showing how many there are.

    A document that somebody changes meanwhile stays, and the exit code is 3 then. No index is deleted.
    """
    console = Console(as_json=as_json)
    if source == "":  # as from a variable that is not set: without it, more would match
        raise UsageError("--source is empty: say which one, or leave it out.")
    selection = Selection(ids=ids or [], source=source or "", filters=filters or [])
    if selection.is_empty:
        raise UsageError("Say which documents: their ids, --filter, or --source.")
    facts = read_stack(stack, outputs, index)
    done = delete_documents(facts, selection, lambda count: yes or _agreed(count, facts.index))
    if as_json:
        console.json(done.as_dict())
    for line in _told(done, selection, facts.index):
        console.say(line)
    if done.changed:
        raise typer.Exit(LEFT)


def _agreed(count: int, index: str) -> bool:
    question = f"Delete {_documents(count)} of {index}?"
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nobody is there to ask: say --yes.")
    agreed: bool = typer.confirm(question, err=True)
    return agreed


def _told(done: Deleted, selection: Selection, index: str) -> list[str]:
    if not done.matched:
        return [f"no such documents in {index}"]
    if not (done.deleted or done.gone or done.changed):
        return ["nothing was deleted"]
    lines = [f"{_documents(done.deleted)} of {index} deleted"]
    if selection.ids and not selection.source and not selection.filters:
        missing = len(set(selection.ids)) - done.matched
        lines += [f"{_documents(missing)} not there"] if missing > 0 else []
    lines += [f"{_documents(done.gone)} deleted by somebody else meanwhile"] if done.gone else []
    lines += (
        [f"{_documents(done.changed)} left, which somebody changed meanwhile: look at them, and run it again"]
        if done.changed
        else []
    )
    return lines


def _documents(count: int) -> str:
    return f"{count:,} document{'' if count == 1 else 's'}"
