"""Documents as lines of JSON: {"_id"?, "content", and any other fields}."""

from collections.abc import Iterator
from io import BufferedReader

from jinactl.ingest.entries import Entry, Origin, Reject, RejectedError
from jinactl.ingest.reading import strict_json
from jinactl.ingest.reading.documents import Shape, entry_of
from jinactl.ingest.reading.lines import TOO_LONG, lines_of


def read(stream: BufferedReader, source: str, shape: Shape) -> Iterator[Entry | Reject]:
    """Yield the document of each line that is not empty, or why it is none."""
    for line in lines_of(stream):
        if not line.raw.strip():
            continue
        origin = Origin(source, line.number, line.text)
        if not line.whole:
            yield Reject(origin, TOO_LONG)
            continue
        try:
            yield entry_of(strict_json.parse(line.raw), origin, shape)
        except RejectedError as error:
            yield Reject(origin, str(error))
