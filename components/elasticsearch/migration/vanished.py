"""Finds the documents that were deleted from an index between two views of it, and deletes them from its successor.

Elasticsearch numbers every write (`_seq_no`), and an unchanged document keeps its number. So among the numbers that
were settled when the earlier view was opened, the later view sees a subset of the earlier view's documents. Where both
views count the same number of documents in a range, they see the same documents. Only ranges that differ are looked
into, so the work grows with what was changed or deleted between the two views, not with the size of the index.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from components.batched import batched
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.bulk import Write, write
from components.elasticsearch.documents.sequence import BELOW_ALL, Progress, numbered, read_progress
from components.elasticsearch.documents.views import Hit, View, ViewLostError, address, open_view

Span = tuple[int, int]
"""A range of sequence numbers, both ends included."""

FIRST_RANGES = 13
"""The first comparison uses at most two to this power ranges; Elasticsearch returns at most 65,536 at a time."""
FINER = 6
"""Each range that differs is divided into two to this power smaller ranges."""
FEW = 16
"""Ids are compared when the ranges that differ hold at most this many documents on average; else they are divided."""
SPANS = 64
"""Ranges that are looked into in one request."""
ALL: Mapping[str, Any] = {"match_all": {}}


@dataclass(frozen=True)
class Sight:
    """A view of an index, and the progress of its operations just before: the view sees all that was settled then."""

    view: View
    progress: Progress


@dataclass
class Following:
    """Deletes from index `new` the documents that vanished from index `old`, each time `follow` is called.

    `window` is the most hits that `old` returns at a time. Between two calls a view of `old` is kept open. It must see
    every document of `new`, so only documents with numbers up to `settled` may be carried over between two calls,
    except when nobody can write any more.
    """

    client: Requests
    old: str
    new: str
    window: int
    sight: Sight | None = None
    counted: Counter[int] | None = None
    former: list[View] = field(default_factory=list)

    @property
    def begun(self) -> bool:
        """Whether `follow` was called before, so that there is a view to compare with."""
        return self.sight is not None

    @property
    def settled(self) -> int:
        """The number up to which documents may be carried over before the next call of `follow`."""
        return self.sight.progress.settled if self.sight else BELOW_ALL

    @property
    def written(self) -> int:
        """The sum of the highest numbers of the shards of `old` at the last call of `follow`."""
        return self.sight.progress.written if self.sight else BELOW_ALL

    def prepare(self) -> None:
        """Count in the view that is kept now, so that the next call of `follow` need not."""
        if self.sight is not None:
            self.counted = _first_counts(self.sight.view, self.settled)

    def follow(self, watermark: int) -> int:
        """Delete what vanished since the last call; return how many documents.

        The first time, and when Elasticsearch lost a view, all ids are compared, unless `new` has no more documents
        than `old` has with numbers up to `watermark`, the number up to which `new` was filled.
        """
        progress = read_progress(self.client, self.old)
        now = Sight(open_view(self.client, self.old, self.window), progress)
        before, self.sight = self.sight, now
        counted, self.counted = self.counted, None
        if before is not None:
            self.former.append(before.view)
            # A view is lost when a node was restarted.
            with suppress(ViewLostError):
                return _delete_vanished(self.client, self.new, before, now.view, counted)
        return self._compare_all(now.view, watermark)

    def _compare_all(self, view: View, watermark: int) -> int:
        held = open_view(self.client, self.new, self.window)
        try:
            if held.count(ALL) <= view.count(numbered(BELOW_ALL, watermark)):
                return 0
            return _delete_all_vanished(self.client, held, view)
        finally:
            held.close()

    def renew(self) -> None:
        """Extend the time that Elasticsearch keeps the current view, and close earlier ones."""
        self._forget()
        if self.sight is not None:
            self.sight.view.renew()

    def close(self) -> None:
        """Close all views."""
        self._forget()
        if self.sight is not None:
            self.sight.view.close()
            self.sight = None

    def _forget(self) -> None:
        while self.former:
            self.former.pop().close()


def _delete_vanished(
    client: Requests, new: str, before: Sight, after: View, counted: Counter[int] | None
) -> int:
    """Delete from index `new` the documents that view `before` sees and view `after` does not; return how many.

    `counted` is what `Following.prepare` counted in `before`, if anything.
    `after` sees a document that was deleted and made again before it was opened; one that was made again since is
    carried over later. Raises ViewLostError.
    """
    queries = [_any_of(spans) for spans in batched(_differing(before, after, counted), SPANS)]
    # The few documents that were being written when the earlier view was opened have numbers that were not settled.
    queries.append(numbered(before.progress.settled))
    return sum(
        _delete_unseen(client, new, hits, after) for query in queries for hits in before.view.pages(query)
    )


def _delete_all_vanished(client: Requests, new: View, after: View) -> int:
    """Delete from the index of view `new` all documents that view `after` does not see; return how many.

    All ids are compared, so the time grows with the number of documents. Raises ViewLostError.
    """
    return sum(_delete_unseen(client, new.index, hits, after) for hits in new.pages(ALL))


def _delete_unseen(client: Requests, new: str, hits: Sequence[Hit], after: View) -> int:
    there = after.holding([str(hit["_id"]) for hit in hits])
    gone = [address(hit) for hit in hits if address(hit) not in there]
    write(client, new, [Write("delete", id_, routing=routing) for id_, routing in gone])
    return len(gone)


def _differing(before: Sight, after: View, counted: Counter[int] | None) -> list[Span]:
    """Return small ranges that cover all settled numbers for which the two views see different documents."""
    settled = before.progress.settled
    seen = _first_counts(before.view, settled) if counted is None else counted
    left = _first_counts(after, settled)
    exponent = _first_exponent(settled)
    while True:
        differing = {key: count for key, count in seen.items() if count != left[key]}
        spans = [(key, min(key + (1 << exponent) - 1, settled)) for key in sorted(differing)]
        if exponent == 0 or sum(differing.values()) <= FEW * len(spans):
            return spans
        exponent = max(0, exponent - FINER)
        seen, left = _counts(before.view, spans, exponent), _counts(after, spans, exponent)


def _first_exponent(settled: int) -> int:
    return max(0, (settled + 1).bit_length() - FIRST_RANGES)


def _first_counts(view: View, settled: int) -> Counter[int]:
    """Count the documents that a view sees with numbers up to `settled`, by the ranges that are compared first."""
    return _counts(view, [(0, settled)] if settled >= 0 else [], _first_exponent(settled))


def _counts(view: View, spans: Sequence[Span], exponent: int) -> Counter[int]:
    """Count the documents that a view sees in `spans`, by ranges that are two to the power `exponent` numbers wide."""
    counts: Counter[int] = Counter()
    for some in batched(spans, SPANS):
        ranges = {"histogram": {"field": "_seq_no", "interval": 1 << exponent, "min_doc_count": 1}}
        answer = view.search({"size": 0, "query": _any_of(some), "aggs": {"ranges": ranges}})
        for bucket in answer["aggregations"]["ranges"]["buckets"]:
            counts[int(bucket["key"])] += int(bucket["doc_count"])
    return counts


def _any_of(spans: Sequence[Span]) -> dict[str, Any]:
    ranges = [{"range": {"_seq_no": {"gte": first, "lte": last}}} for first, last in spans]
    return {"bool": {"should": ranges, "minimum_should_match": 1}}
