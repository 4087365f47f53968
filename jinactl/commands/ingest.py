"""`jinactl ingest`."""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import Annotated

import typer

from components.elasticsearch.fields import CONTENT
from jinactl import options
from jinactl.console import Console
from jinactl.errors import UsageError
from jinactl.ingest.counts import Counts
from jinactl.ingest.ingesting import Wish
from jinactl.ingest.ingesting import ingest as put_in
from jinactl.ingest.reading.formats import FORMATS, Format
from jinactl.ingest.reading.sources import find_sources
from jinactl.ingest.rejects import Rejects
from jinactl.stack import read_stack

REJECTED = 3
"""The exit code when all is done but for documents that were rejected."""

FEWEST_TOKENS = 16

EXAMPLES = """\
\b
Examples:
  jinactl ingest documents.ndjson
  jinactl ingest notes/ --chunk 512
  jinactl ingest tickets.csv --content-field description --rejects rejects.ndjson
  zcat documents.ndjson.gz | jinactl ingest -s gpu -
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(ingest)


def ingest(
    documents: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH", help="Files, folders of texts; - for standard input.", show_default=False
        ),
    ],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"What the files are: {', '.join(FORMATS)}.",
            show_default="told from name and content",
        ),
    ] = "",
    content_field: Annotated[
        str, typer.Option(metavar="NAME", help="The field, or column, with the text.")
    ] = CONTENT,
    chunk: Annotated[
        int,
        typer.Option(
            metavar="TOKENS",
            help="Split texts at the ends of sentences into documents of at most so many tokens, such as 512.",
            show_default="texts stay whole",
        ),
    ] = 0,
    overlap: Annotated[
        int,
        typer.Option(metavar="TOKENS", help="With --chunk: repeat about so many of the chunk before.", min=0),
    ] = 0,
    replace: Annotated[
        bool, typer.Option("--replace", help="With --chunk: delete chunks that a document has no more.")
    ] = False,
    rejects: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="Write what is not put in to a file, with the reason.",
            show_default="the first ones are said",
        ),
    ] = "",
    patience: Annotated[
        float,
        typer.Option(metavar="MINUTES", help="Wait so long for what is busy, restarts or migrates.", min=0),
    ] = 10,
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
    as_json: options.AsJson = False,
) -> None:
    """Put documents into the index.

    Files are NDJSON, a JSON array, CSV, TSV, or files for `_bulk`; a folder gives a document for each .txt and .md in
    it. They may be packed by gzip. What is there already with the same text is not embedded again, so the command
    can be repeated. Its exit code is 3 when some documents were rejected and the others are in.
    """
    console = Console(as_json=as_json)
    wish = Wish(
        content_field=content_field,
        chunk=_checked_chunk(chunk, overlap, replace),
        overlap=overlap,
        replace=replace,
        patience=patience * 60,
    )
    sources = find_sources(documents, _checked_format(format_))
    if rejects and _is_read(Path(rejects), [*(one.path for one in sources), Path(outputs)]):
        raise UsageError(
            f"{rejects} is among the files to read, and --rejects would empty it: name another file."
        )
    if outputs == "-" and any(one.path is None for one in sources):
        raise UsageError(
            "Standard input can't be both the documents and the stack's outputs: write one to a file."
        )
    facts = read_stack(stack, outputs, index)
    kept = Rejects(console.say, Path(rejects) if rejects else None)
    began = time.monotonic()
    try:
        with console.progress("documents", None) as advance:
            counts = put_in(facts, sources, wish, rejects=kept, say=console.say, advance=advance)
    finally:
        kept.close()
    _tell(console, counts, facts.index, time.monotonic() - began, replace=replace)
    if counts.rejected:
        raise typer.Exit(REJECTED)


def _tell(console: Console, counts: Counts, index: str, seconds: float, *, replace: bool) -> None:
    if counts.deleted:
        console.say(
            f"{counts.deleted:,} documents of before were deleted, which no document has as a chunk any more"
        )
    elif counts.left and not replace:
        console.say(
            f"{counts.left:,} documents of before are left, which no document has as a chunk any more, and are still "
            "found: --replace deletes them"
        )
    if console.as_json:
        console.json({"index": index, **counts.as_dict(), "seconds": round(seconds, 3)})


def _is_read(file: Path, read: Sequence[Path | None]) -> bool:
    """Tell whether a file is among those to read, None being standard input, under whatever name."""
    with suppress(OSError):  # it is not there yet
        there = file.stat()
        return S_ISREG(there.st_mode) and any(_is_same(there, one) for one in read)
    return False


def _is_same(there: os.stat_result, read: Path | None) -> bool:
    with suppress(OSError):
        return os.path.samestat(there, os.fstat(sys.stdin.fileno()) if read is None else read.stat())
    return False


def _checked_chunk(chunk: int, overlap: int, replace: bool) -> int:
    if chunk and chunk < FEWEST_TOKENS:
        raise UsageError(f"--chunk {chunk} is too small: give at least {FEWEST_TOKENS} tokens, such as 512.")
    if not chunk and (overlap or replace):
        raise UsageError(
            "--overlap and --replace are about chunks: give --chunk TOKENS, such as --chunk 512."
        )
    if chunk and overlap > chunk // 2:
        raise UsageError(
            f"--overlap {overlap} is more than half of --chunk {chunk}: give at most {chunk // 2}."
        )
    return chunk


def _checked_format(name: str) -> Format | None:
    for known in FORMATS:
        if name == known:
            return known
    if name:
        raise UsageError(f"There is no format {name}: --format is one of {', '.join(FORMATS)}.")
    return None
