"""Documents as files of text and Markdown, each of which is one."""

import re
from collections.abc import Iterator
from io import BufferedReader

from components.elasticsearch.fields import CONTENT
from jinactl.ingest.entries import Entry, Origin, Reject, RejectedError
from jinactl.ingest.reading.documents import Shape, entry_of
from jinactl.ingest.reading.lines import BOM, LONGEST, SHOWN, TOO_LONG, shown

SUFFIXES = (".txt", ".md", ".markdown")

_HEADING = re.compile(r"^# +(.+?)[ #]*$", re.MULTILINE)


def read(stream: BufferedReader, source: str, name: str) -> Iterator[Entry | Reject]:
    """Yield the document of a file, or why it is none: `name` is its id and its `source`.

    Its `title` is the first heading of Markdown, else the name without folder and suffix.
    """
    raw = stream.read(LONGEST + 1)
    if len(raw) > LONGEST:
        yield Reject(Origin(source, 1, shown(raw[:SHOWN])), TOO_LONG)
        return
    origin = Origin(source, 1, shown(raw))
    try:
        text = raw.removeprefix(BOM).decode()
        found = {"_id": name, CONTENT: text, "source": name, "title": _title(text, name)}
        yield entry_of(found, origin, Shape())
    except UnicodeDecodeError as error:
        yield Reject(origin, f"not UTF-8 text (byte {error.start + 1}: {error.reason})")
    except UnicodeEncodeError:
        yield Reject(origin, "the file's name, which is the document's id, is not UTF-8 text")
    except RejectedError as error:
        yield Reject(origin, str(error) if text.strip() else "the file is empty")


def _title(text: str, name: str) -> str:
    file = name.rpartition("/")[2]
    stem = file.rpartition(".")[0] or file
    heading = None if name.endswith(".txt") else _HEADING.search(text)
    return heading[1] if heading else stem
