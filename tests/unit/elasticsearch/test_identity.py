"""Identities are read as any version wrote them, or refused; never taken for those of somebody else's index."""

import json
from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.errors import UnreadableIdentityError
from components.elasticsearch.identity import ADDED, Identity
from tests.unit.elasticsearch.recording import IDENTITY as ANY

WRITTEN_BY_0_1_0 = json.loads("""{
  "managed_by": "jina-search",
  "alias": "jina-demo",
  "identity": {
    "dims": 256,
    "quant": "F16",
    "model": "jina-embeddings-v5-text-nano-retrieval",
    "sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "width": 768,
    "pooling": "last",
    "document_prefix": "Document: ",
    "similarity": "cosine",
    "index_options": "int8_hnsw"
  },
  "revision": "59cfaceeeb7d738c404659435af4c0da74d06c96"
}""")
IDENTITY = replace(ANY, dims=256)


def changed(**identity: Any) -> dict[str, Any]:
    """Return what 0.1.0 wrote with changes to its identity; a None takes a field away."""
    values = {**WRITTEN_BY_0_1_0["identity"], **identity}
    return {
        **WRITTEN_BY_0_1_0,
        "identity": {key: value for key, value in values.items() if value is not None},
    }


@pytest.mark.parametrize("meta", [WRITTEN_BY_0_1_0, {**WRITTEN_BY_0_1_0, "identity_version": 1}])
def test_the_identity_of_every_version_is_read(meta: dict[str, Any]) -> None:
    assert Identity.from_meta(meta, "i-1") == IDENTITY


@pytest.mark.parametrize(
    ("meta", "told"),
    [
        *((changed(**{field: None}), f"has no {field}") for field in WRITTEN_BY_0_1_0["identity"]),
        (changed(language="en"), "has an unknown language"),
        (changed(dims="256"), "has a damaged dims"),
        ({"managed_by": "jina-search"}, "is missing"),
        ({**WRITTEN_BY_0_1_0, "identity_version": 2}, "is of version 2, and this one reads up to 1"),
    ],
)
def test_one_that_cannot_be_read_is_refused_by_name(meta: dict[str, Any], told: str) -> None:
    with pytest.raises(UnreadableIdentityError, match=f"Index i-1 .*{told}.*Nothing was changed"):
        Identity.from_meta(meta, "i-1")


def test_a_field_that_a_later_version_added_has_its_default_in_what_was_written_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(ADDED, 2, {"pooling": "mean"})

    assert Identity.from_meta(changed(pooling=None), "i-1").pooling == "mean"
    assert Identity.from_meta(WRITTEN_BY_0_1_0, "i-1").pooling == "last"
