"""What makes stored embeddings comparable with new ones: when any of it changes, documents are embedded again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from components.elasticsearch.errors import UnreadableIdentityError

MANAGED_BY = "jina-search"
"""Marks pipelines and indices as this project's, in their `_meta`."""

VERSION = 1
"""Of the fields of an Identity, noted beside it as `identity_version`; where nothing is noted it is 1."""

ADDED: Mapping[int, Mapping[str, Any]] = {}
"""By version: the fields that it added, with the values that identities of earlier versions have."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """How the vectors of an index were made and are compared.

    `sha256` is the content of the model file, `width` how many dimensions the model's embeddings have and
    `dims` how many of them are kept.
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
    def from_meta(cls, meta: Mapping[str, Any], index: str) -> "Identity":
        """Read the identity of an index that this project made, from its `_meta`, as any version wrote it.

        Raises UnreadableIdentityError if a newer version wrote it, or it is incomplete: an index whose identity is
        not known must be neither embedded into nor taken for somebody else's.
        """
        version = meta.get("identity_version", 1)
        if not isinstance(version, int) or version > VERSION:
            raise UnreadableIdentityError(
                index, f"it is of version {version}, and this one reads up to {VERSION}"
            )
        found = meta.get("identity")
        if not isinstance(found, Mapping):
            raise UnreadableIdentityError(index, "it is missing")
        values = dict(found)
        for added in sorted(ADDED):
            if added > version:
                values = {**ADDED[added], **values}
        kinds = {field.name: int if field.type is int else str for field in fields(cls)}
        wrong = sorted(key for key in kinds if key in values and type(values[key]) is not kinds[key])
        for what, keys in (
            ("has no", sorted(kinds.keys() - values.keys())),
            ("has an unknown", sorted(values.keys() - kinds.keys())),
            ("has a damaged", wrong),
        ):
            if keys:
                raise UnreadableIdentityError(index, f"it {what} {', '.join(keys)}")
        return cls(**values)

    @classmethod
    def from_json(cls, text: str) -> "Identity":
        """Read what `as_json` wrote."""
        return cls(**json.loads(text))

    def differences(self, wanted: "Identity") -> list[str]:
        """Return a line for each value that differs from `wanted`."""
        old, new = self.as_dict(), wanted.as_dict()
        return [f"{key} {_shown(old[key])} -> {_shown(new[key])}" for key in old if old[key] != new[key]]


def canonical(value: Any) -> str:
    """Return the one JSON text for a value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _shown(value: object) -> str:
    text = str(value)
    if len(text) == 64:  # a SHA-256; its beginning tells enough
        return text[:12]
    return text if text and text == text.strip() else repr(text)
