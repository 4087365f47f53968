"""Narrows a search: each filter is an Elasticsearch query as JSON, or `field=value`."""

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from components.elasticsearch.embedding.searched_index import Field
from components.elasticsearch.errors import FilterError
from components.elasticsearch.fields import VECTOR

ID = "_id"
SHOWN = 12
"""Names of fields in a message."""

LONGEST = 200
"""Characters of a filter in a message."""


def build_filters(filters: Sequence[str], fields: Mapping[str, Field]) -> list[dict[str, Any]]:
    """Return the queries that every hit must match; raises FilterError for what is neither JSON nor `field=value`.

    `field=value` asks for the exact value where the field, or a field below it, is a keyword, and else for what
    Elasticsearch's `match` finds: all words of a text, or a number, date or address.
    """
    return [_build(one, fields) for one in filters]


def _build(text: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        return _query(text)
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name:
        raise FilterError(
            f'The filter "{_cut(text)}" is neither field=value nor an Elasticsearch query as JSON, such as '
            '{"range": {"year": {"gte": 2020}}}.'
        )
    if name == ID:
        return {"ids": {"values": [value]}}
    return _comparison(name, value, fields)


def _query(text: str) -> dict[str, Any]:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no JSON")

    try:
        found = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise FilterError(f"The filter {_cut(text)} is not JSON ({error}).") from error
    if not isinstance(found, dict) or len(found) != 1:
        raise FilterError(
            f"The filter {_cut(text)} must be one Elasticsearch query, an object with one name in it such as "
            '{"term": {"language": "de"}}. Several queries are several filters.'
        )
    return found


def _comparison(name: str, value: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    field = fields.get(name) or _flattened(name, fields)
    if field is None:
        raise FilterError(_unknown(name, fields))
    if name == VECTOR:
        raise FilterError(f"{VECTOR} holds the vectors: a search cannot be narrowed by it with field=value.")
    query: dict[str, Any]
    if field.type in ("keyword", "constant_keyword", "wildcard", "flattened"):
        query = {"term": {name: {"value": value}}}
    elif field.keyword:
        query = {"term": {field.keyword: {"value": value}}}
    else:
        query = {"match": {name: {"query": value, "operator": "and"}}}
    return {"nested": {"path": field.nested, "query": query}} if field.nested else query


def _flattened(name: str, fields: Mapping[str, Field]) -> Field | None:
    """Return the field of type flattened that holds `name`, whose keys no mapping lists."""
    parts = name.split(".")
    above = (".".join(parts[:count]) for count in range(1, len(parts)))
    found = (fields[one] for one in above if one in fields and fields[one].type == "flattened")
    return next(found, None)


def _unknown(name: str, fields: Mapping[str, Field]) -> str:
    known = sorted(one for one in fields if one != VECTOR)
    near = difflib.get_close_matches(name, known, 3)
    near += [one for one in known if one.startswith(f"{name}.") and one not in near]
    if near:
        return f"The documents have no field {name}. Did you mean {' or '.join(near[:3])}?"
    listed = ", ".join(known[:SHOWN]) + (" …" if len(known) > SHOWN else "")
    return f"The documents have no field {name}. They have {listed}."


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
