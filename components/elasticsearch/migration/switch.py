"""Switches people to the new generation: the rest is carried over while nobody can write, then the aliases move."""

import time
from collections.abc import Mapping
from typing import Any

from components.elasticsearch import endpoints
from components.elasticsearch.documents.sequence import read_progress
from components.elasticsearch.generations import frozen_pipeline
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.aliases import swap_aliases
from components.elasticsearch.generations.generation import Generation, WantedIndex
from components.elasticsearch.migration import verification
from components.elasticsearch.migration.beginning import MADE
from components.elasticsearch.migration.carrier import Carrier
from components.elasticsearch.migration.field_counts import compare_fields, countable_fields, take_over_fields

CLOSED = "index.blocks.write"
"""The setting that closes an index to writers."""


def note_afterwards(
    wanted: WantedIndex, old: Generation, moving: Carrier, settings: Mapping[str, str]
) -> None:
    """Note in the new generation what is to be done after the switch.

    That is: which `settings` to set, and how to find the documents that were being embedded at the moment of the
    switch.
    """
    client = moving.client
    noted: dict[str, Any] = {"afterwards": dict(settings)} if settings else {}
    same_dims = old.vector.get("dims") == wanted.identity.dims
    if moving.embedder is None and moving.strategy == "re-embed" and same_dims:
        noted["stragglers"] = {
            "above": read_progress(client, moving.new).settled,
            "former": frozen_pipeline.frozen_id(old.index),
            "pipeline_id": wanted.pipeline_id,
        }
    migration = indices.read_meta(client, moving.new).get("migration", {})
    # An earlier run may have noted other values.
    carried = {key: value for key, value in migration.items() if key not in ("afterwards", "stragglers")}
    if migration != {**carried, **noted}:
        indices.add_meta(client, moving.new, {"migration": {**carried, **noted}})


def switch(wanted: WantedIndex, old: Generation, moving: Carrier, *, closed: bool) -> float:
    """Close the old generation to writers, carry over the rest, compare the two generations, and move the aliases.

    With the first of the stack's indices, the endpoints that people name move right after the aliases: between the two,
    and while they move, searches that name them are refused. Return the seconds for which writers were refused. After
    an error before the aliases moved, the old generation is open to writers again, unless people had `closed` it.
    """
    client = moving.client
    # Somebody may have given the old generation another alias since the plan was made.
    aliases = client.request("GET", f"/{old.index}/_alias").get(old.index, {}).get("aliases", {})
    take_over_fields(client, old.index, moving.new, MADE)
    fields = countable_fields(client, old.index)
    # Flush and refresh now: otherwise Elasticsearch does so while writers are refused.
    client.request("POST", f"/{old.index},{moving.new}/_flush")
    client.request("POST", f"/{moving.new}/_refresh")
    moving.following.prepare()
    moves = endpoints.find_moves(client, wanted.moved_endpoints) if wanted.moved_endpoints else {}
    started = time.monotonic()
    try:
        if not closed:
            indices.close_to_writers(client, old, moving.new)
        moving.follow_deletions()
        held = verification.count(client, old.index, moving.watermark)
        moving.carry_rest(held.since)
        verification.compare_counts(client, moving.new, old.index, held)
        compare_fields(client, moving.new, old.index, fields)
        _note_switch(moving)
        swap_aliases(client, wanted.alias, moving.new, old.index, aliases)
    except BaseException:
        if not _is_swapped(moving):
            if not closed:
                indices.open_to_writers(client, old.index)
            raise
    refused = time.monotonic() - started
    if wanted.moved_endpoints:
        endpoints.move(client, moves, wanted.moved_endpoints.api_key)
    return refused


def _note_switch(moving: Carrier) -> None:
    """Note how far the writes to both indices have come while nobody can write: any later write is people's."""
    filled = read_progress(moving.client, moving.new).written
    indices.note_migration(moving.client, moving.new, {"filled": filled, "left": moving.following.written})


def _is_swapped(moving: Carrier) -> bool:
    """Tell whether the request that moved the aliases was carried out although its response was lost."""
    return moving.new in (moving.client.find(f"/{moving.alias}") or {})
