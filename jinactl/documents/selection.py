"""Which documents of an index are meant: by ids, by filters, or all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.embedding.filters import build_filters
from components.elasticsearch.embedding.searched_index import Field, read_searched_index
from components.elasticsearch.errors import FilterError
from jinactl.errors import CommandError, UsageError

SOURCE = "source"
"""The field that says which document a chunk, or which file a document, is of."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The documents with one of the `ids`, of the `source`, that match every one of the `filters`.

    What is empty narrows nothing: an empty selection is of all documents. Filters are as a search takes them.
    """

    ids: Sequence[str] = field(default_factory=tuple)
    source: str = ""
    filters: Sequence[str] = field(default_factory=tuple)

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return not (self.ids or self.source or self.filters)


def query_of(client: Requests, index: str, selection: Selection) -> dict[str, Any]:
    """Return the query for the documents; raises UsageError for a filter that is none, and for an unknown field."""
    filters: list[str] = [*([f"{SOURCE}={selection.source}"] if selection.source else []), *selection.filters]
    queries: list[dict[str, Any]] = []
    if selection.ids:
        queries.append({"ids": {"values": list(selection.ids)}})
    if filters:
        fields = read_searched_index(client, index).fields
        if selection.source:
            _require_exact(index, fields.get(SOURCE))
        try:
            queries += build_filters(filters, fields)
        except FilterError as error:
            raise UsageError(str(error)) from error
    return {"bool": {"filter": queries}} if queries else {"match_all": {}}


def _require_exact(index: str, source: Field | None) -> None:
    """Raise UsageError where a filter would look for the words of a source: others may have those words too."""
    if source and "text" in source.type and not source.keyword:
        raise UsageError(
            f"The field `{SOURCE}` of {index} is a text without a keyword, in which only words can be looked for, and "
            f"other sources may have the same: name ids, or say --filter {SOURCE}=VALUE if that is meant."
        )


def read_concrete(client: Requests, alias: str) -> tuple[str, Mapping[str, Any]]:
    """Return name and body of the one index that an alias leads to; raises CommandError where there is not one."""
    found: Mapping[str, Any] = client.find(f"/{alias}") or {}
    if not found:
        raise CommandError(f"There is no index {alias} yet: `pulumi up` makes it.")
    if len(found) > 1:
        raise CommandError(
            f"{alias} leads to {len(found)} indices ({', '.join(sorted(found))}): `pulumi up --refresh` puts it right."
        )
    return next(iter(found.items()))
