"""Begins a migration: the old generation gets a pipeline of its own, and the new generation is created or resumed."""

from components.elasticsearch import ingest_pipeline
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents import reindex
from components.elasticsearch.documents.digest import map_digest
from components.elasticsearch.documents.sequence import BELOW_ALL
from components.elasticsearch.endpoints import full_beside, full_id
from components.elasticsearch.errors import RefusedError
from components.elasticsearch.fields import DIGEST, NO_PIPELINE, VECTOR
from components.elasticsearch.generations import frozen_pipeline
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.generation import Generation, WantedIndex
from components.elasticsearch.generations.kept_settings import without_refused
from components.elasticsearch.migration.field_counts import take_over_fields
from components.elasticsearch.migration.strategy import Strategy
from components.say import Say

MADE = (VECTOR, DIGEST)
"""Fields that this project makes, and that each generation maps in its own way."""


def start(
    client: Requests,
    wanted: WantedIndex,
    old: Generation,
    new: str,
    *,
    unfinished: Generation | None,
    chosen: Strategy,
    say: Say,
) -> tuple[str, int]:
    """Create a generation of the name `new`, or go on with an `unfinished` one.

    Return its name, and the sequence number up to which it holds everything that was written to the old generation.
    """
    _freeze(client, wanted, old)
    if unfinished is None:
        _begin(client, wanted, old, new, chosen)
        return new, BELOW_ALL
    _resume(client, wanted.alias, old, unfinished, say)
    return unfinished.index, int(unfinished.migration["watermark"])


def _freeze(client: Requests, wanted: WantedIndex, old: Generation) -> None:
    """Give the old generation a frozen pipeline, so that the stack's may be changed, deleted or renamed.

    Pipelines that were kept before may use an endpoint that is about to change or to go, and then use it no more.
    """
    if wanted.endpoints:
        kept_with = full_id(wanted.endpoints.inference_id)
        frozen_pipeline.redirect(client, wanted.claim, (), kept_with, alias=wanted.alias)
    if old.identity is None or old.default_pipeline in (
        "",
        NO_PIPELINE,
        frozen_pipeline.frozen_id(old.index),
    ):
        return
    ids = ingest_pipeline.inference_ids(ingest_pipeline.read_live(client, old.default_pipeline) or {})
    if len(ids) == 1:
        # Where documents will come with their vectors, the old endpoints stay until the old generation needs none.
        kept_with = full_id(wanted.endpoints.inference_id) if wanted.endpoints else full_beside(ids[0])
        frozen_pipeline.freeze(client, old.index, old.identity, kept_with)


def _begin(client: Requests, wanted: WantedIndex, old: Generation, new: str, chosen: Strategy) -> None:
    """Create the new generation; it notes its source, and that nothing was carried over yet."""
    body = indices.build_index(wanted, predecessor=old)
    body["mappings"]["_meta"]["migration"] = {
        "source": old.index,
        "strategy": chosen,
        "watermark": BELOW_ALL,
    }
    try:
        indices.create_index(client, new, body)
    except RefusedError as error:
        accepted = without_refused(body, error.reason)
        if accepted is None:
            raise
        indices.create_index(client, new, accepted)


def _resume(client: Requests, alias: str, old: Generation, unfinished: Generation, say: Say) -> None:
    """Prepare the unfinished generation for being filled further."""
    new = unfinished.index
    # A task of the interrupted run would bring back documents that were deleted since.
    reindex.wait_for_others(client, new)
    begun = {key: unfinished.migration[key] for key in ("source", "strategy", "watermark")}
    indices.add_meta(client, new, {"migration": begun})
    map_digest(client, new)
    take_over_fields(client, old.index, new, MADE)
    there = int(client.request("GET", f"/{new}/_count")["count"])
    say(f"{alias}: going on with {new}, which holds {there:,} documents so far")
