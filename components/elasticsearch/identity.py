"""What makes stored embeddings comparable with new ones: when any of it changes, documents are embedded again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

MANAGED_BY = "jina-search"
"""Marks pipelines and indices as this project's, in their `_meta`."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """How the vectors of an index were made and are compared.

    `sha256` is the content of the model file, `width` how many numbers the model returns and `dims` how many of
    them are kept.
    """

    dims: int
    quant: str
    model: str
    sha256: str
    width: int
    pooling: str
    document_prefix: str
    similarity: str
    index_options: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as they are stored in `_meta`."""
        return asdict(self)

    def as_json(self) -> str:
        """Return the one JSON text for this identity."""
        return canonical(self.as_dict())

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Identity | None":
        """Read an identity from plain values; return None when they are not one."""
        try:
            return cls(**{field.name: values[field.name] for field in fields(cls)})
        except KeyError:
            return None

    @classmethod
    def of_json(cls, text: str) -> "Identity":
        """Read what `as_json` wrote."""
        return cls(**json.loads(text))

    def differences(self, wanted: "Identity") -> list[str]:
        """Say, a line for each, what is another here than in `wanted`."""
        old, new = self.as_dict(), wanted.as_dict()
        return [f"{key} {_shown(old[key])} -> {_shown(new[key])}" for key in old if old[key] != new[key]]


def canonical(value: Any) -> str:
    """Return the one JSON text for a value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _shown(value: object) -> str:
    text = str(value)
    if len(text) == 64:  # noqa: PLR2004 (a SHA-256; its beginning tells enough)
        return text[:12]
    return text if text and text == text.strip() else repr(text)
