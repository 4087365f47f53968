"""Chooses the cheapest way to convert the documents of one identity to another."""

from typing import Any, Literal

from components.elasticsearch.fields import NO_PIPELINE, VECTOR
from components.elasticsearch.identity import Identity
from components.elasticsearch.pipeline_scripts import TRUNCATE

Strategy = Literal["copy", "slice", "re-embed"]

SLICE = f"if (ctx._source.{VECTOR} != null) {{{TRUNCATE.replace('ctx.', 'ctx._source.')}\n}}"
"""Script that cuts and normalises stored embeddings as the pipeline does new ones. `_reindex` gives scripts the vectors
that Elasticsearch otherwise leaves out of `_source`."""


def choose_strategy(old: Identity, new: Identity) -> Strategy:
    """Return how documents are carried over; where two ways are right, the one that computes less.

    "copy" where the embeddings stay the same, "slice" where the new embeddings are the beginnings of the old ones
    (which a Matryoshka model allows), "re-embed" in every other case.
    """
    if made_by(old) != made_by(new) or new.dims > old.dims:
        return "re-embed"
    return "copy" if new.dims == old.dims else "slice"


def reindex_body(
    strategy: Strategy, *, source: str, destination: str, pipeline_id: str, dims: int
) -> dict[str, Any]:
    """Return the body of the `_reindex` request that carries documents over, without query, batch size and versions."""
    body: dict[str, Any] = {
        "source": {"index": source},
        "dest": {"index": destination, "pipeline": NO_PIPELINE},
    }
    if strategy == "slice":
        body["script"] = {"lang": "painless", "source": SLICE, "params": {"dims": dims}}
    if strategy == "re-embed":
        body["source"]["_source"] = {"excludes": [VECTOR]}
        body["dest"]["pipeline"] = pipeline_id
    return body


def made_by(identity: Identity) -> tuple[object, ...]:
    """Return everything that full-width embeddings of documents depend on: two identities with the same have the same.

    The name of the model is not part of it: the SHA-256 of the model file identifies the model.
    """
    return (*served_by(identity), identity.document_prefix)


def served_by(identity: Identity) -> tuple[object, ...]:
    """Return everything that the server's embedding of a text depends on."""
    return (identity.sha256, identity.quant, identity.width, identity.pooling)
