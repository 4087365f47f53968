"""Compares, for each field, how many documents have it in a new generation and in the one that it was filled from.

A document may arrive and still have lost the content of a field: the number of documents does not show that.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.batched import batched
from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import IndexingError, RefusedError

AT_ONCE = 500
"""Fields in one search: each is a bucket of the response, and a cluster allows 65,536 buckets."""
SHOWN = 10


@dataclass(frozen=True)
class Field:
    """A mapped field: its full name, and the paths of the `nested` objects that contain it, the outermost first."""

    name: str
    nested: tuple[str, ...] = ()

    def exists(self) -> dict[str, Any]:
        """Return the query for the documents that have the field."""
        query: dict[str, Any] = {"exists": {"field": self.name}}
        for path in reversed(self.nested):
            query = {"nested": {"path": path, "query": query}}
        return query


def fields_of(mappings: Mapping[str, Any]) -> list[Field]:
    """Return all fields of a mapping that hold values, including fields in objects and multi-fields."""
    return list(_leaves(mappings.get("properties", {}), "", ()))


def _leaves(properties: Mapping[str, Any], prefix: str, nested: tuple[str, ...]) -> Iterator[Field]:
    for name, field in properties.items():
        full = f"{prefix}{name}"
        if "properties" in field:
            inside = (*nested, full) if field.get("type") == "nested" else nested
            yield from _leaves(field["properties"], f"{full}.", inside)
        elif field.get("type", "object") not in ("object", "nested", "passthrough", "alias"):
            yield Field(full, nested)
            yield from _leaves(field.get("fields", {}), f"{full}.", nested)


def countable_fields(client: Requests, index: str) -> list[Field]:
    """Return the fields of an index that Elasticsearch can count: a few types do not support `exists`."""
    mappings = client.request("GET", f"/{index}/_mapping")[index]["mappings"]
    fields = fields_of(mappings)
    return [one for some in batched(fields, AT_ONCE) for one in _known(client, index, some)]


def take_over_fields(client: Requests, old: str, new: str, made: Collection[str]) -> None:
    """Add to the mapping of index `new` the fields that index `old` got after `new` was created.

    The fields `made` by this project are left alone. Raises IndexingError when the mapping of `new` cannot follow.
    """
    found = client.request("GET", f"/{old},{new}/_mapping")
    there, here = (found[index]["mappings"] for index in (old, new))
    if set(fields_of(there)) <= set(fields_of(here)) | {Field(name) for name in made}:
        return
    added = {name: field for name, field in there.get("properties", {}).items() if name not in made}
    try:
        client.request("PUT", f"/{new}/_mapping", {"properties": added})
    except RefusedError as error:
        raise IndexingError(
            f"The fields of {old} were changed during the migration, and those of {new} cannot follow: "
            f"{error.reason}. {old} is in use as before. Delete the new one (DELETE /{new}), and run the command again."
        ) from error


def _known(client: Requests, index: str, fields: Sequence[Field]) -> list[Field]:
    try:
        _count(client, index, fields)
    except RefusedError:
        if len(fields) == 1:
            return []
        half = len(fields) // 2
        return [*_known(client, index, fields[:half]), *_known(client, index, fields[half:])]
    return list(fields)


def count_fields(client: Requests, index: str, fields: Sequence[Field]) -> dict[str, int]:
    """Return how many documents have each field, as of the last refresh."""
    counts: dict[str, int] = {}
    for some in batched(fields, AT_ONCE):
        counts |= _count(client, index, some)
    return counts


def _count(client: Requests, index: str, fields: Sequence[Field]) -> dict[str, int]:
    filters = {one.name: one.exists() for one in fields}
    body = {"size": 0, "track_total_hits": False, "aggs": {"fields": {"filters": {"filters": filters}}}}
    path, whole = f"/{index}/_search", {"allow_partial_search_results": "false"}
    buckets = client.request("POST", path, body, query=whole)["aggregations"]["fields"]["buckets"]
    return {name: int(bucket["doc_count"]) for name, bucket in buckets.items()}


def compare_fields(client: Requests, new: str, old: str, fields: Sequence[Field]) -> None:
    """Raise IndexingError when one of the fields is in fewer documents of the new generation than of the old one.

    More documents are no loss: one that was indexed before a field was mapped has the field once it is indexed again.
    """
    before, after = count_fields(client, old, fields), count_fields(client, new, fields)
    fewer = [name for name, count in before.items() if after.get(name, 0) < count]
    if not fewer:
        return
    shown = ", ".join(
        f"{name} (in {after.get(name, 0):,} instead of {before[name]:,})" for name in fewer[:SHOWN]
    )
    more = f" and {len(fewer) - SHOWN} more" if len(fewer) > SHOWN else ""
    raise IndexingError(
        f"In the new index {new} fewer documents have these fields than in {old}: {shown}{more}. {old} is in use as "
        f"before. Was the mapping changed so that it takes fewer values (by ignore_above, say), or was a field "
        f"mapped during the migration? Set that back if so, delete the new index (DELETE /{new}), and run the "
        "command again."
    )
