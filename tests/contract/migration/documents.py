"""Whole documents: people's fields beside the content, and whether each vector is of the document's own text."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from components.elasticsearch.client.client import Client
from tests.contract.elasticsearch.stack_resources import ALIAS

DIGEST = "content_digest"

FIELDS: dict[str, Any] = {
    "tag": {"type": "keyword"},
    "image_embedding": {"type": "dense_vector", "dims": 4, "index": True, "similarity": "cosine"},
    "terms": {"type": "sparse_vector"},
    "notes": {"type": "nested", "properties": {"by": {"type": "keyword"}, "text": {"type": "text"}}},
}
"""Fields of people's own, of the kinds that are easily left behind."""


@dataclass(frozen=True)
class Whole:
    """A document: its `source` as people see it, with all vectors; `vector` and `digest` were made from its content."""

    source: Mapping[str, Any]
    vector: list[float]
    digest: str


def extras(number: int) -> dict[str, Any]:
    """Return a document's values for FIELDS."""
    return {
        "tag": f"tag-{number % 5}",
        "image_embedding": [1.0, 2.0, 3.0, float(number + 1)],
        "terms": {"word": 1.5, f"word{number}": 0.5},
        "notes": [{"by": "somebody", "text": f"note {number}"}, {"by": "else", "text": "a second"}],
    }


def whole(client: Client, index: str = ALIAS) -> dict[str, Whole]:
    """Return all documents by id. Raises AssertionError when an id occurs twice."""
    client.request("POST", f"/{index}/_refresh")
    body = {
        "size": 10000,
        "_source": {"exclude_vectors": False, "excludes": ["content_embedding"]},
        "fields": ["content_embedding", DIGEST],
    }
    hits = client.request("POST", f"/{index}/_search", body)["hits"]["hits"]
    found = {}
    for hit in hits:
        fields = hit.get("fields", {})
        source = {key: value for key, value in hit["_source"].items() if key != DIGEST}
        found[str(hit["_id"])] = Whole(
            source, fields.get("content_embedding", []), "".join(fields.get(DIGEST, []))
        )
    assert len(found) == len(hits)
    return found


def stale(found: Mapping[str, Whole], expected: Callable[[str], list[float]], *, digests: bool) -> list[str]:
    """Return the ids of documents whose vector is not of their text, or, with `digests`, whose digest is not."""
    return [
        one
        for one, document in found.items()
        if not _near(document.vector, expected(str(document.source["content"])))
        or (digests and document.digest != _digest(str(document.source["content"])))
    ]


def without_fields(found: Mapping[str, Whole], had: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return as "id: field" the fields that documents have lost; the content is compared elsewhere."""
    return [
        f"{one}: {name}"
        for one, fields in had.items()
        for name, value in fields.items()
        if one in found and not _same(found[one].source.get(name), value)
    ]


def has_digests(client: Client, index: str = ALIAS) -> bool:
    """Tell whether the index keeps a digest of the text that each vector was made from."""
    body = next(iter(client.request("GET", f"/{index}/_mapping").values()))
    return DIGEST in body["mappings"]["properties"]


def _same(live: object, value: object) -> bool:
    """Compare values. Numbers of vectors come back slightly rounded: vectors are stored apart from their length."""
    if isinstance(live, list) and isinstance(value, list) and all(isinstance(one, float) for one in value):
        return _near(live, value)
    return live == value


def _near(vector: list[float], expected: list[float]) -> bool:
    same_length = len(vector) == len(expected)
    return same_length and max(abs(a - b) for a, b in zip(vector, expected, strict=True)) < 1e-4


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
