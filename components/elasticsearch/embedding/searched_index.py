"""What there is to search in: the vectors of an index, and the fields that a search can be narrowed by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import IndexingError
from components.elasticsearch.fields import VECTOR


@dataclass(frozen=True)
class Field:
    """A field of an index: its `type`, the name below it whose type is keyword, and the nested object it is in."""

    type: str
    keyword: str = ""
    nested: str = ""


@dataclass(frozen=True)
class SearchedIndex:
    """An index behind an alias: its name, the dims and index options of its vectors, and its fields by full name."""

    name: str
    dims: int
    index_options: str
    fields: Mapping[str, Field] = field(default_factory=dict)


def read_searched_index(client: Requests, alias: str) -> SearchedIndex:
    """Return the index with embeddings that an alias leads to; raises IndexingError where there is none."""
    for name, body in sorted((client.find(f"/{alias}/_mapping") or {}).items()):
        mappings = body.get("mappings", {})
        vector = mappings.get("properties", {}).get(VECTOR, {})
        if "dims" in vector:
            options = str(vector.get("index_options", {}).get("type", ""))
            return SearchedIndex(name, int(vector["dims"]), options, _fields(mappings))
    raise IndexingError(f"{alias} has no embeddings to search in: `pulumi up` makes the index.")


def _fields(mappings: Mapping[str, Any]) -> dict[str, Field]:
    runtime = {name: Field(str(body.get("type", ""))) for name, body in mappings.get("runtime", {}).items()}
    return {**dict(_walk(mappings.get("properties", {}))), **runtime}


def _walk(properties: Mapping[str, Any], prefix: str = "", nested: str = "") -> Iterator[tuple[str, Field]]:
    for name, body in properties.items():
        full = f"{prefix}{name}"
        kind = str(body.get("type", "object"))
        if "properties" in body or kind in ("object", "nested"):
            inside = full if kind == "nested" else nested
            yield from _walk(body.get("properties", {}), f"{full}.", inside)
            continue
        below = {f"{full}.{sub}": str(one.get("type", "")) for sub, one in body.get("fields", {}).items()}
        keyword = next((sub for sub, type_ in below.items() if type_ == "keyword"), "")
        yield full, Field(kind, keyword, nested)
        for sub, type_ in below.items():
            yield sub, Field(type_, "", nested)
