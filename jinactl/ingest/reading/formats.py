"""Which format a source has: by its name, and by its beginning where the name leaves it open."""

from collections.abc import Iterator
from io import BufferedReader
from pathlib import PurePath
from typing import Literal, get_args

from jinactl.errors import CommandError
from jinactl.ingest.entries import Entry, Reject
from jinactl.ingest.reading import bulk_lines, json_array, json_lines, tables, texts
from jinactl.ingest.reading.documents import Shape
from jinactl.ingest.reading.lines import BOM

Format = Literal["ndjson", "json", "bulk", "csv", "tsv", "text"]
FORMATS: tuple[Format, ...] = get_args(Format)

JSON_SUFFIXES = (".ndjson", ".jsonl", ".json", ".bulk")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def format_of(name: str, beginning: bytes) -> Format:
    """Return the format of a source with this name (.gz left aside) and these first bytes.

    Raises CommandError when neither tells, and for bytes that can be no documents.
    """
    if beginning.startswith(_UTF_16):
        raise CommandError(f"{name} is UTF-16 text. Convert it first: iconv -f UTF-16 -t UTF-8")
    suffix = PurePath(name.removesuffix(".gz")).suffix.lower()
    if suffix in (".csv", ".tsv", ".tab"):
        return "csv" if suffix == ".csv" else "tsv"
    if suffix in texts.SUFFIXES:
        return "text"
    first_line = beginning.removeprefix(BOM).lstrip().split(b"\n", 1)[0].strip()
    if first_line.startswith(b"["):
        return "json"
    if first_line == b"{":
        raise CommandError(
            f"{name} has JSON that goes over several lines. Write each document on one line: "
            "jq -c . FILE | jinactl ingest -"
        )
    if first_line.startswith(b"{"):
        return "bulk" if bulk_lines.action_of(first_line) else "ndjson"
    if not first_line or suffix in JSON_SUFFIXES:
        return "ndjson"
    raise CommandError(
        f"What {name} is can't be told from its name or its beginning: say it with --format "
        f"({', '.join(FORMATS)})."
    )


def read(
    stream: BufferedReader, source: str, format_: Format, shape: Shape, text_name: str
) -> Iterator[Entry | Reject]:
    """Yield the documents of a source, and what is none; `text_name` is the id of a text.

    Raises CommandError when it cannot be read on.
    """
    match format_:
        case "ndjson":
            return json_lines.read(stream, source, shape)
        case "json":
            return json_array.read(stream, source, shape)
        case "bulk":
            return bulk_lines.read(stream, source, shape)
        case "csv":
            return tables.read(stream, source, shape, ",;")
        case "tsv":
            return tables.read(stream, source, shape, "\t")
        case "text":
            return texts.read(stream, source, text_name)
