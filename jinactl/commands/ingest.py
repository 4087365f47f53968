"""`jinactl ingest`."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from jinactl import ingest as ingesting
from jinactl import options
from jinactl.console import Console
from jinactl.errors import CommandError
from jinactl.ndjson import read_documents
from jinactl.stack import read_stack

EXAMPLES = """\
\b
Examples:
  jinactl ingest documents.ndjson
  zcat documents.ndjson.gz | jinactl ingest -s gpu -
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(ingest)


def ingest(
    documents: Annotated[
        str, typer.Argument(metavar="FILE", help="File with a document in each line; - for standard input.")
    ],
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
) -> None:
    """Put documents into the index.

    Each line is one, as JSON with `content`, optionally `_id`, and any other fields. Doing it twice makes no document
    twice.
    """
    console = Console()
    facts = read_stack(stack, outputs, index)
    source = "standard input" if documents == "-" else documents
    try:
        with nullcontext(sys.stdin) if documents == "-" else Path(documents).open(encoding="utf-8") as lines:
            ingesting.ingest(facts, read_documents(lines, source), console.say)
    except UnicodeDecodeError as error:
        raise CommandError(f"{source} is not UTF-8 text ({error.reason}).") from error
    except OSError as error:
        raise CommandError(f"{source} cannot be read: {error.strerror}.") from error
