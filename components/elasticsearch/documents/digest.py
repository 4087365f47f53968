"""The digest beside an embedding, of the text that the embedding was made from, and its field in an index."""

import hashlib
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import ConflictError
from components.elasticsearch.fields import DIGEST, VECTOR

DIGEST_MAPPING: dict[str, Any] = {"type": "keyword", "index": False}
"""Nobody searches for a digest: doc values alone, so that `exists` works and it takes little."""

PLAIN_FROM, PLAIN_BELOW = 1e-3, 1e7
"""Java writes floating-point numbers between these without an exponent."""


def text_of(content: object) -> str:
    """Return what a pipeline takes for the text of a field: the texts of an array are joined by line ends."""
    return "\n".join(_texts(content))


def digest_of(text: str) -> str:
    """Return the digest of a text, as the pipeline makes it: SHA-256 in lower-case hexadecimal digits.

    Half a surrogate pair, which no encoding has, counts as a question mark, as it does in Java.
    """
    return hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()


def put_vector(source: dict[str, Any], vector: list[float], text: str) -> None:
    """Add to the source of a document its embedding, and the digest of the text that the embedding was made from."""
    source[VECTOR] = vector
    source[DIGEST] = digest_of(text)


def has_digest(index: str, properties: Mapping[str, Any]) -> bool:
    """Say whether the mapping of an index has the field of digests.

    Raises ConflictError when people have a field of that name, which digests would overwrite.
    """
    found = properties.get(DIGEST)
    if found is not None and found != DIGEST_MAPPING:
        raise ConflictError(
            f"{index} has a field {DIGEST} already, mapped as {found}, and this project would write what text an "
            "embedding is of into it. Nothing was changed. Give that field another name (POST /_reindex into an index "
            "without it), or set elasticsearchIndex to another name."
        )
    return found is not None


def map_digest(client: Requests, index: str) -> None:
    """Map the field of digests in an index before one is written, because a strict mapping would refuse it.

    Raises ConflictError as `has_digest` does.
    """
    path = f"/{quote(index, safe='')}"
    mappings = client.request("GET", path)[index].get("mappings", {})
    if not has_digest(index, mappings.get("properties", {})):
        client.request("PUT", f"{path}/_mapping", {"properties": {DIGEST: DIGEST_MAPPING}})


def _texts(value: object) -> list[str]:
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [] if value in (None, "") else [_written(value)]


def _written(value: object) -> str:
    """Return Java's way of writing a value of JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    if not math.isfinite(value) or value == 0 or PLAIN_FROM <= abs(value) < PLAIN_BELOW:
        return str(value)
    mantissa, exponent = f"{Decimal(str(value)).normalize():E}".split("E")
    return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}E{int(exponent)}"
