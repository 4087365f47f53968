"""Puts documents into a stack's index, whether its pipeline embeds them or this program does."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from components.backoff import Patience
from components.elasticsearch.client.client import Client, ClusterPatience, Requests
from components.elasticsearch.documents.digest import has_digest
from components.elasticsearch.fields import CONTENT
from components.say import Say
from jinactl.console import Advance
from jinactl.errors import CommandError
from jinactl.ingest.chunking.documents import Chunking
from jinactl.ingest.counts import Counts
from jinactl.ingest.entries import Entry, Reject
from jinactl.ingest.feeding import Feeder
from jinactl.ingest.portions import LOOKED_UP, Portions
from jinactl.ingest.reading.documents import Shape
from jinactl.ingest.reading.formats import read
from jinactl.ingest.reading.sources import Opened, Source, opened
from jinactl.ingest.rejects import Rejects
from jinactl.ingest.sending import Sender
from jinactl.ingest.waiting import Waiting
from jinactl.outputs import StackFacts
from jinactl.same_identity import require_index, require_same_identity

AT_ONCE = 3
"""Portions on their way: the server embeds one while others are looked up, sent or written."""

BATCH = 16
"""Documents in one bulk request: each is an embedding, and a CPU needs its time for them."""

CHARACTERS = 2**20
"""Characters of text beyond which a portion is full."""

AT_FIRST = 60.0
"""Seconds of patience before anything is put in: somebody may have named a stack that is down."""

BLIND = ClusterPatience(limit=0.0, unreachable=0.0)
"""For a client that does not wait by itself, because all waiting is said."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How documents are put in: the field that is their text, whether and how they are split, how long is waited.

    `chunk` and `overlap` are tokens, and `chunk` is 0 for whole documents; `patience` is in seconds. `replace` has
    chunks deleted that a document has no more.
    """

    content_field: str = CONTENT
    chunk: int = 0
    overlap: int = 0
    replace: bool = False
    patience: float = 600.0
    at_once: int = AT_ONCE
    batch: int = BATCH


def ingest(
    facts: StackFacts, sources: Sequence[Source], wish: Wish, *, rejects: Rejects, say: Say, advance: Advance
) -> Counts:
    """Put the documents of all sources in, and return what became of them.

    Raises the StackError for which nothing more could be put in, after saying how many documents are in.
    """
    counts, waiting = Counts(), Waiting(wish.patience, say)
    began = time.monotonic()
    with Client(facts.connection, BLIND) as client:
        portions = Waiting(min(wish.patience, AT_FIRST), say).through(
            lambda: _prepared(client, facts, wish, waiting=waiting, rejects=rejects, counts=counts)
        )
        rejects.begin()
        shown = _Shown(counts, sum(one.size for one in sources), advance)
        try:
            with _feeding(portions, waiting, wish.at_once) as feeder:
                _read_all(sources, wish, portions, feeder, shown)
                waiting.through(lambda: client.request("POST", f"/{facts.index}/_refresh"))
        finally:
            say(_told(facts.index, counts, time.monotonic() - began))
    return counts


def _prepared(
    client: Requests, facts: StackFacts, wish: Wish, *, waiting: Waiting, rejects: Rejects, counts: Counts
) -> Portions:
    if facts.embeds_in_client:
        require_same_identity(client, facts)
    found = require_index(client, facts)
    for index, body in found.items():
        if not has_digest(index, body.get("mappings", {}).get("properties", {})):
            raise CommandError(
                f"{index} was made by an earlier version: `pulumi up` makes it ready for this one."
            )
    sender = Sender(
        client,
        facts.index,
        waiting,
        embedder=facts.embedder if facts.embeds_in_client else None,
        check=partial(require_same_identity, client, facts),
        alias=facts.index not in found,
    )
    counting = replace(facts.embedder, patience=Patience(retries=0))
    chunking = Chunking(
        wish.chunk,
        wish.overlap,
        lambda text: waiting.through(lambda: counting.count_tokens(text)),
    )
    return Portions(
        client=client,
        index=facts.index,
        sender=sender,
        waiting=waiting,
        rejects=rejects,
        counts=counts,
        batch=wish.batch,
        chunking=chunking if wish.chunk else None,
        replace=wish.replace,
    )


@contextmanager
def _feeding(portions: Portions, waiting: Waiting, at_once: int) -> Iterator[Feeder[list[Entry]]]:
    feeder: Feeder[list[Entry]] = Feeder(portions.put, _ids, at_once)
    try:
        yield feeder
    finally:
        waiting.stopped.set()
        feeder.close()


def _ids(entries: Sequence[Entry]) -> list[str]:
    return [one.document.id for one in entries]


class _Shown:
    """Shows how many documents are done, of about how many: those that the bytes read so far had."""

    def __init__(self, counts: Counts, size: int, advance: Advance) -> None:
        self._counts, self._size, self._advance = counts, size, advance
        self._done = self._before = 0

    def update(self, source: Source, opened: Opened) -> None:
        """Show where the reading of a source is."""
        position = self._before + min(opened.position(), source.size)
        done = self._counts.present + self._counts.rejected
        total = round(self._counts.read * self._size / position) if position and self._size else None
        self._advance(done - self._done, total)
        self._done = done

    def end(self, source: Source) -> None:
        """Note that a source is read."""
        self._before += source.size


def _read_all(
    sources: Sequence[Source], wish: Wish, portions: Portions, feeder: Feeder[list[Entry]], shown: _Shown
) -> None:
    try:
        for source in sources:
            _read(source, wish, portions, feeder, shown)
    except CommandError:  # one that cannot be read on: what came before it is put in
        feeder.finish()
        raise
    feeder.finish()


def _read(source: Source, wish: Wish, portions: Portions, feeder: Feeder[list[Entry]], shown: _Shown) -> None:
    """Read a source, and have it put in portion by portion, also what comes before a failure of the reading."""
    with opened(source) as one:
        found = read(one.stream, source.name, one.format, Shape(wish.content_field), source.text_name)
        for portion in _portions(found, portions):
            feeder.put(portion)
            shown.update(source, one)
    shown.end(source)


def _portions(found: Iterable[Entry | Reject], portions: Portions) -> Iterator[list[Entry]]:
    """Yield documents in portions, none of which has an id twice; what is none is rejected."""
    portion: dict[str, Entry] = {}
    characters = 0
    try:
        for one in found:
            portions.counts.add(read=1)
            if isinstance(one, Reject):
                portions.reject(one)
                continue
            id_ = one.document.id
            if portion and (id_ in portion or len(portion) >= LOOKED_UP or characters >= CHARACTERS):
                yield list(portion.values())
                portion, characters = {}, 0
            portion[id_] = one
            characters += len(one.document.content)
    except Exception:  # what was read before it is put in all the same
        if portion:
            yield list(portion.values())
        raise
    if portion:
        yield list(portion.values())


def _told(index: str, counts: Counts, seconds: float) -> str:
    parts = [
        f"{counts.present:,} documents are in {index}, after {seconds:.1f} s",
        f"{counts.written:,} written",
        f"{counts.fields:,} of which only other fields differed" if counts.fields else "",
        f"{counts.unchanged:,} there already" if counts.unchanged else "",
        f"{counts.rejected:,} rejected" if counts.rejected else "",
    ]
    return ", ".join(one for one in parts if one)
