"""What is the least work by which the documents of one identity become those of another."""

from typing import Any, Literal

from components.elasticsearch.fields import NO_PIPELINE, VECTOR
from components.elasticsearch.identity import Identity
from components.elasticsearch.ingest_pipeline import TRUNCATE

Strategy = Literal["copy", "slice", "re-embed"]

SLICE = f"if (ctx._source.{VECTOR} != null) {{{TRUNCATE.replace('ctx.', 'ctx._source.')}\n}}"
"""Does to stored embeddings what the pipeline does to new ones. Read them it can: `_reindex` is given the vectors
that Elasticsearch otherwise leaves out of `_source`."""


def choose_strategy(old: Identity, new: Identity) -> Strategy:
    """Return how documents are carried over; of two that are right, the one that computes less.

    "copy" where the embeddings stay the same, "slice" where they are the beginnings of the old ones, as a model
    trained for it (Matryoshka) allows, "re-embed" in every other case.
    """
    if made_by(old) != made_by(new) or new.dims > old.dims:
        return "re-embed"
    return "copy" if new.dims == old.dims else "slice"


def reindex_body(
    strategy: Strategy, *, source: str, destination: str, pipeline_id: str, dims: int
) -> dict[str, Any]:
    """Return the request that carries documents over, but for its query, batch size and versions."""
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
    """Return what whole embeddings of documents were made by: those of two identities are alike if it is the same.

    The name of the model is only a name: its file is known by its content.
    """
    return (*served_by(identity), identity.document_prefix)


def served_by(identity: Identity) -> tuple[object, ...]:
    """Return what the server's answer to a text depends on."""
    return (identity.sha256, identity.quant, identity.width, identity.pooling)
