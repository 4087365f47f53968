"""Writes the documents of a stack's index as lines of JSON, as they were at one moment, which an ingest reads again."""

import gzip
import io
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.digest import text_of
from components.elasticsearch.documents.views import Hit, open_view, read_window
from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR
from jinactl.documents.selection import Selection, query_of, read_concrete
from jinactl.errors import CommandError
from jinactl.outputs import StackFacts

PAGE = 200
"""Documents in one answer, which is all that is in memory at a time."""

ID = "_id"


@dataclass
class Exported:
    """How many documents were written; `without_text` have none in `content`, and an ingest rejects them.

    `routed` were written with a routing of their own, which the lines do not keep.
    """

    documents: int = 0
    without_text: int = 0
    routed: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the numbers by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is wanted: of the `selection`, with the embeddings and digests if `vectors`.

    `bulk` writes two lines for each document, as Elasticsearch's `_bulk` takes them; these keep routings too.
    """

    selection: Selection = field(default_factory=Selection)
    vectors: bool = False
    bulk: bool = False


@contextmanager
def opened(file: Path, *, overwrite: bool) -> Iterator[TextIO]:
    """Yield what writes to a file, which appears under its name when the block ends well, and is complete then.

    A name that ends in .gz makes it a gzip file. Raises CommandError where there is a file already, unless `overwrite`
    says that it may go, and where it cannot be written.
    """
    if file.exists() and not file.is_file():
        raise CommandError(f"{file} is no file: name one, or write to standard output (-).")
    if file.exists() and not overwrite:
        raise CommandError(
            f"{file} is there already: name another file, or have it replaced with --overwrite."
        )
    compressed = file.suffix == ".gz"
    file = file.resolve()  # what a link leads to is replaced, not the link
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as raw:
            if file.exists():  # who may not read the one may not read the other
                os.fchmod(raw.fileno(), stat.S_IMODE(file.stat().st_mode))
            with _lines_of(raw, compressed=compressed) as lines:
                yield lines
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def _lines_of(raw: BinaryIO, *, compressed: bool) -> Iterator[TextIO]:
    """Yield what writes text to a binary file, which stays open."""
    if compressed:
        with gzip.open(raw, "wt", encoding="utf-8") as lines:
            yield lines
        return
    plain = io.TextIOWrapper(raw, encoding="utf-8", newline="\n", write_through=False)
    yield plain
    plain.flush()
    plain.detach()


def export_documents(
    facts: StackFacts,
    wish: Wish,
    lines: TextIO,
    counted: Callable[[int], AbstractContextManager[Callable[[int], None]]],
) -> Exported:
    """Write the documents of the index, as they are when this begins, in flat memory.

    `counted` is told how many there are, and yields a function that is told how many more are written. Raises an
    ElasticsearchError when they cannot be read, and CommandError when some of them are missing in the end.
    """
    with Client(facts.connection) as client:
        index, _ = read_concrete(client, facts.index)
        query = query_of(client, facts.index, wish.selection)
        view = open_view(client, index, read_window(client, index))
        try:
            total, done = view.count(query), Exported()
            with counted(total) as advance:
                for hits in view.pages(query, most=PAGE, **_wanted(wish)):
                    for hit in hits:
                        _write(lines, hit, wish, done)
                    advance(len(hits))
        finally:
            view.close()
    if done.documents != total:
        raise CommandError(
            f"{done.documents:,} of {total:,} documents of {facts.index} were written: run the command again."
        )
    return done


def _wanted(wish: Wish) -> dict[str, Any]:
    """Return the options of a search: since 9.2 vectors of any field are left out unless they are asked for."""
    if wish.vectors:
        return {"_source": {"exclude_vectors": False}}
    return {"_source": {"excludes": [VECTOR, DIGEST], "exclude_vectors": False}}


def _write(lines: TextIO, hit: Hit, wish: Wish, done: Exported) -> None:
    id_, source, routing = str(hit[ID]), hit["_source"], hit.get("_routing")
    if wish.bulk:
        routed = {} if routing is None else {"routing": routing}
        lines.write(f"{_line({'index': {ID: id_, **routed}})}{_line(source)}")
    else:
        lines.write(_line({ID: id_, **source}))
    done.documents += 1
    done.without_text += not text_of(source.get(CONTENT)).strip()
    done.routed += routing is not None


def _line(value: Mapping[str, Any]) -> str:
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
    try:
        line.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can write
        return json.dumps(value, separators=(",", ":")) + "\n"
    return line
