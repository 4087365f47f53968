"""`jinactl export`."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, TextIO

import typer

from jinactl import options
from jinactl.console import Console
from jinactl.documents.exporting import Exported, Wish, export_documents, opened
from jinactl.documents.selection import Selection
from jinactl.stack import read_stack

STANDARD_OUTPUT = "-"

EXAMPLES = """\
\b
Examples:
  jinactl export documents.ndjson.gz
  jinactl export --filter language=de | jq -r .content
  jinactl export --vectors --format bulk copy.bulk
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(export)


def export(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Where to, compressed if it ends in .gz; - for standard output."),
    ] = STANDARD_OUTPUT,
    vectors: Annotated[
        bool, typer.Option("--vectors", help="With embeddings and digests, which an ingest makes by itself.")
    ] = False,
    format_: Annotated[
        Literal["ndjson", "bulk"],
        typer.Option(
            "--format", help="A line for each document, or two as Elasticsearch's _bulk takes them."
        ),
    ] = "ndjson",
    filters: options.Filters = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE if it is there.")] = False,
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
    as_json: options.AsJson = False,
) -> None:
    """Write the documents to a file, as they are at this moment.

    `jinactl ingest` puts them into an index again, with the same ids. FILE appears when it is complete.
    """
    console = Console(as_json=as_json)
    facts = read_stack(stack, outputs, index)
    wish = Wish(selection=Selection(filters=filters or []), vectors=vectors, bulk=format_ == "bulk")

    with _output(file, overwrite=overwrite) as lines:
        done = export_documents(facts, wish, lines, partial(console.progress, "documents"))
    if as_json and file != STANDARD_OUTPUT:
        console.json({"file": file, **done.as_dict()})
    for line in _told(done, facts.index, bulk=wish.bulk):
        console.say(line)


@contextmanager
def _output(file: str, *, overwrite: bool) -> Iterator[TextIO]:
    if file == STANDARD_OUTPUT:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # JSON is, whatever the terminal is set to
        yield sys.stdout
        sys.stdout.flush()
        return
    with opened(Path(file), overwrite=overwrite) as lines:
        yield lines


def _told(done: Exported, index: str, *, bulk: bool) -> list[str]:
    lines = [f"{done.documents:,} document{'' if done.documents == 1 else 's'} of {index} written"]
    if done.without_text:
        lines.append(f"{done.without_text:,} of them have no text in `content`: an ingest rejects those")
    if done.routed and not bulk:
        lines.append(f"{done.routed:,} of them have a routing, which only --format bulk keeps")
    return lines
