"""Compares, field by field, how many documents have a field in a new generation and in the one it was filled from.

A document may arrive and yet have lost what one of its fields held: a number of documents does not tell that.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.batched import batched
from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import IndexingError, RefusedError

AT_ONCE = 500
"""Fields in one search: each is a bucket of its answer, of which a cluster allows 65,536."""
SHOWN = 10


@dataclass(frozen=True)
class Field:
    """A mapped field by its full name, and the `nested` objects that it is in, the outermost first."""

    name: str
    nested: tuple[str, ...] = ()

    def exists(self) -> dict[str, Any]:
        """Return the query for the documents that have it."""
        query: dict[str, Any] = {"exists": {"field": self.name}}
        for path in reversed(self.nested):
            query = {"nested": {"path": path, "query": query}}
        return query


def fields_of(mappings: Mapping[str, Any]) -> list[Field]:
    """Return all fields of a mapping that hold values, those of objects and the fields of fields too."""
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
    """Return the fields of an index that Elasticsearch can count: a few types know no `exists`."""
    mappings = client.request("GET", f"/{index}/_mapping")[index]["mappings"]
    fields = fields_of(mappings)
    return [one for some in batched(fields, AT_ONCE) for one in _known(client, index, some)]


def take_over_fields(client: Requests, old: str, new: str, made: Collection[str]) -> None:
    """Map in the new index what was mapped in the old one after the new one was made, but the fields `made` by us.

    Raises IndexingError where the two cannot be alike any more.
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
    """Raise IndexingError when fewer documents have one of the fields in the new generation than in the old one.

    More is no loss: documents that were indexed before a field was mapped have it once they are indexed again.
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
