"""Finds the sequence number at which a portion of a given size ends."""

from collections.abc import Mapping
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.sequence import numbered

ENOUGH = 0.5
"""The least share of the wanted size that a portion may have: finding the exact bound would take more requests."""


def count_between(client: Requests, index: str, above: int, upper: int) -> int:
    """Count the documents with sequence numbers greater than `above`, up to `upper`, as of the last refresh."""
    return int(client.request("POST", f"/{index}/_count", {"query": numbered(above, upper)})["count"])


def find_upper(client: Requests, index: str, above: int, target: int, portion: int) -> int:
    """Return a bound, at most `target`, so that about `portion` documents, not more, lie between `above` and the bound.

    It is found by counting alone, which no setting of an index limits. With several shards, as many documents as there
    are shards may have the same number. A portion has at least one number, so it may then be larger than `portion`.
    """
    first, last = (_outermost(client, index, numbered(above, target), order) for order in ("asc", "desc"))
    if first is None or last is None:
        return target
    low, high, tried = first, last, min(last, first + portion - 1)
    while low < high:
        found = count_between(client, index, above, tried)
        if found > portion:
            high = tried - 1
        elif found >= ENOUGH * portion:
            return tried
        else:
            low = tried
        tried = max(first, (low + high + 1) // 2)
    return low if low < last else target


def _outermost(client: Requests, index: str, query: Mapping[str, Any], order: str) -> int | None:
    body = {
        "query": query,
        "sort": [{"_seq_no": order}],
        "size": 1,
        "_source": False,
        "track_total_hits": False,
    }
    hits = client.request("POST", f"/{index}/_search", body)["hits"]["hits"]
    return int(hits[0]["sort"][0]) if hits else None
