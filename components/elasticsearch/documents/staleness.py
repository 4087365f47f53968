"""Finds documents whose embedding was not made from the text beside it, for example after a bulk update.

Elasticsearch can compare a text with a digest only in a pipeline, so the documents are read. What was looked at once
is not looked at again: each write has a sequence number, and `_meta.checked` of an index holds the last one checked.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.digest import digest_of, text_of
from components.elasticsearch.documents.sequence import BELOW_ALL, numbered
from components.elasticsearch.documents.views import Hit, View, ViewLostError, open_view, read_window
from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR

LOOKED_AT = 100_000
"""Documents that a count looks at: about 15 seconds for texts of 1 KB."""
PAGE = 500
KEPT_OPEN = "1h"
"""For how long Elasticsearch keeps its place between two pages, whose documents may be embedded meanwhile."""

Kind = Literal["stale", "unknown", "emptied", "without"]
"""What is wrong with an embedding: `stale` is of another text, `unknown` has no digest, `emptied` is of a text that
is gone, `without` is missing."""
WRONG: tuple[Kind, ...] = ("stale", "unknown", "emptied")
"""The kinds of documents that have an embedding which is not known to be of their text."""
KINDS: tuple[Kind, ...] = (*WRONG, "without")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A document whose embedding is not of its text; the sequence numbers identify the version that was read."""

    kind: Kind
    id: str
    routing: str | None
    seq_no: int
    primary_term: int
    text: str


@dataclass(frozen=True)
class Page:
    """Some documents that were looked at: `size` of them, and the `found` among them.

    Everything with a sequence number up to `upto` is in this page or one before.
    """

    size: int
    upto: int
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Tally:
    """The number of documents of each kind: a lower bound unless it is `whole`."""

    of: Mapping[Kind, int]
    whole: bool = True

    @property
    def stale(self) -> int:
        """Documents with an embedding that is not known to be of their text."""
        return sum(self.of.get(kind, 0) for kind in WRONG)

    @property
    def without(self) -> int:
        """Documents with a text and no embedding."""
        return self.of.get("without", 0)


def kind_of(text: str, digest: object, *, embedded: bool) -> Kind | None:
    """Return what is wrong with the embedding of a document, or None."""
    if not text:
        # Without a digest the embedding, if any, is one that the document brought.
        return "emptied" if digest is not None else None
    if not embedded:
        return "without"
    if digest is None:
        return "unknown"
    return None if digest == digest_of(text) else "stale"


def tally(client: Requests, index: str, limit: int = LOOKED_AT) -> Tally:
    """Count what is stale in an index, as of now; raises an ElasticsearchError when it cannot be read."""
    counted: Counter[Kind] = Counter()
    looked_at = 0
    for page in read_pages(client, index, read_checked(client, index)):
        counted.update(one.kind for one in page.found)
        looked_at += page.size
        if looked_at >= limit:
            return Tally(counted, whole=False)
    return Tally(counted)


def report(alias: str, found: Tally, *, first: bool = True) -> str:
    """Return a line with the number of documents to mend, and the command that mends them.

    `first` says that the index is the stack's first, which commands work on unless another is named.
    """
    told = [
        (found.of.get("stale", 0) + found.of.get("emptied", 0), "an embedding of another text than theirs"),
        (found.of.get("unknown", 0), "an embedding and no digest of what it is of"),
        (found.without, "a text and no embedding"),
    ]
    parts = [f"{count:,} with {what}" for count, what in told if count]
    least = "" if found.whole else "at least "
    command = f"jinactl repair{'' if first else f' --index {alias}'}"
    return f"{alias}: {least}{', '.join(parts)}. `{command}` embeds them again."


def read_checked(client: Requests, index: str) -> int:
    """Return the sequence number up to which all embeddings of an index are known to be of their texts."""
    meta = client.request("GET", f"/{index}")[index].get("mappings", {}).get("_meta", {})
    return int(meta.get("checked", BELOW_ALL))


def read_pages(client: Requests, index: str, checked: int, kinds: Collection[Kind] = KINDS) -> Iterator[Page]:
    """Yield the documents that may be of one of the kinds, in the order in which they were written.

    Those without an embedding are always found, others only above the sequence number `checked`.
    """
    window = read_window(client, index)
    above, lost_at = BELOW_ALL, BELOW_ALL - 1
    while True:
        view = open_view(client, index, window, KEPT_OPEN)
        try:
            for hits in _hits(view, _query(checked, above, kinds)):
                # Two shards may have the same number, one of them on the next page.
                above = int(hits[-1]["_seq_no"]) - 1
                yield Page(len(hits), above, tuple(_found(hits, kinds)))
        except ViewLostError:
            # A node was restarted.
            if above == lost_at or client.find(f"/{index}") is None:
                raise
            lost_at = above
        else:
            return
        finally:
            view.close()


def _hits(view: View, query: Mapping[str, Any]) -> Iterator[list[Hit]]:
    return view.pages(query, most=PAGE, sort="_seq_no", _source=[CONTENT, DIGEST], seq_no_primary_term=True)


def _query(checked: int, above: int, kinds: Collection[Kind]) -> dict[str, Any]:
    embedded = {"exists": {"field": VECTOR}}
    unseen: list[dict[str, Any]] = [numbered(checked)]
    if "without" in kinds:
        unseen.append({"bool": {"filter": [{"exists": {"field": CONTENT}}], "must_not": [embedded]}})
    return {
        "bool": {
            "filter": [
                numbered(above),
                {"bool": {"should": unseen, "minimum_should_match": 1}},
            ],
            # So that the answer says for each document whether it has an embedding.
            "should": [{"exists": {"field": VECTOR, "_name": VECTOR}}],
        }
    }


def _found(hits: Sequence[Hit], kinds: Collection[Kind]) -> Iterator[Found]:
    for hit in hits:
        source = hit.get("_source", {})
        text = text_of(source.get(CONTENT))
        kind = kind_of(text, source.get(DIGEST), embedded=VECTOR in hit.get("matched_queries", []))
        if kind is not None and kind in kinds:
            yield Found(
                kind=kind,
                id=str(hit["_id"]),
                routing=hit.get("_routing"),
                seq_no=int(hit["_seq_no"]),
                primary_term=int(hit["_primary_term"]),
                text=text,
            )
