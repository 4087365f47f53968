"""Carries the documents of a generation over to its successor, in portions, while people go on writing to the old one.

How far it has come is written into the successor itself, so that whatever interrupts it, the next run goes on from
there. docs/migrations.md tells the steps, and what a crash between any two of them leaves.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from components.elasticsearch import ingest_pipeline
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents import reindex
from components.elasticsearch.documents.digest import map_digest
from components.elasticsearch.documents.sequence import read_progress
from components.elasticsearch.embedding.embedder import Embedder, Patience
from components.elasticsearch.errors import DocumentsAtRiskError, RefusedError
from components.elasticsearch.generations import frozen_pipeline
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.aliases import swap_aliases
from components.elasticsearch.generations.generation import Generation, WantedIndex
from components.elasticsearch.generations.kept_settings import settings_afterwards, without_refused
from components.elasticsearch.generations.refusals import without_content
from components.elasticsearch.ingest_pipeline import CONTENT, DIGEST, VECTOR
from components.elasticsearch.migration import strategy, verification
from components.elasticsearch.migration.carried_embeddings import Source, mend_carried
from components.elasticsearch.migration.carrier import NOTHING, Carrier, Pace, Say, shown_seconds
from components.elasticsearch.migration.field_counts import compare_fields, countable_fields, take_over_fields
from components.elasticsearch.migration.stragglers import embed_stragglers
from components.elasticsearch.migration.strategy import Strategy

CLOSED = "index.blocks.write"
MADE = (VECTOR, DIGEST)
"""Fields that each generation maps its own way."""


def require_possible(client: Requests, old: Generation, chosen: Strategy) -> None:
    """Raise DocumentsAtRiskError when there are embeddings that cannot be made again: of documents without content.

    One with a digest was made of a content that somebody took away since: it goes, and is no loss.
    """
    if chosen != "re-embed":
        return
    made = {"exists": {"field": VECTOR}}
    other = [{"exists": {"field": field}} for field in (CONTENT, DIGEST)]
    query = {"query": {"bool": {"filter": [made], "must_not": other}}}
    client.request("POST", f"/{old.index}/_refresh")
    count = int(client.request("POST", f"/{old.index}/_count", query).get("count", 0))
    if count:
        raise DocumentsAtRiskError(without_content(old, count))


def strategy_of(old: Generation, wanted: WantedIndex) -> Strategy:
    """Return how the documents of a generation become those of the wanted identity."""
    if old.identity is None or old.vector.get("dims") != old.identity.dims:
        return "re-embed"
    return strategy.choose_strategy(old.identity, wanted.identity)


def migrate(
    client: Requests,
    wanted: WantedIndex,
    old: Generation,
    new: str,
    unfinished: Generation | None,
    *,
    pace: Pace,
    say: Say,
    embedder: Embedder | None = None,
) -> str:
    """Fill a new generation from the old one, verify it, move the aliases to it, retire the old one.

    `new` is a free name; `unfinished` is what an earlier run left of the same migration, to go on with.
    With `embedder`, documents are embedded anew here, else by the wanted pipeline.
    Return the name of the new generation.
    Raises IndexingError or another ElasticsearchError when it cannot be done: the old one is then in use as before,
    and the next run goes on from where this one came to.
    """
    started = time.monotonic()
    chosen = strategy_of(old, wanted)
    require_possible(client, old, chosen)
    ours = bool(old.successor or old.retired)
    afterwards = settings_afterwards(client, old.index, ours=ours)
    if embedder is not None:
        embedder = replace(embedder, patience=Patience(limit=pace.stalled))
    _freeze(client, old)
    if unfinished is None:
        _begin(client, wanted, old, new, chosen)
    else:
        new = unfinished.index
        # A task of the run that was interrupted would bring back what was deleted since.
        reindex.wait_for_others(client, new)
        begun = {key: unfinished.migration[key] for key in ("source", "strategy", "watermark")}
        indices.add_meta(client, new, {"migration": begun})
        map_digest(client, new)
        take_over_fields(client, old.index, new, MADE)
        there = int(client.request("GET", f"/{new}/_count")["count"])
        say(f"{wanted.alias}: going on with {new}, which holds {there:,} documents so far")
    moving = Carrier(
        client=client,
        alias=wanted.alias,
        pipeline_id=wanted.pipeline_id,
        dims=wanted.identity.dims,
        old=old.index,
        new=new,
        strategy=chosen,
        embedder=embedder,
        watermark=int(unfinished.migration["watermark"]) if unfinished else NOTHING,
        pace=pace,
        say=say,
    )
    if ours:
        indices.open_to_writers(client, old.index)
    source = Source(client=client, wanted=wanted, old=old, strategy=chosen, embedder=embedder, say=say)
    try:
        _complete(client, wanted, old, moving, source)
        _note_afterwards(client, wanted, old, moving, afterwards)
        refused = _switch(client, wanted, old, moving, closed=CLOSED in afterwards)
    finally:
        moving.close()
    if moving.carried:
        say(
            f"{wanted.alias}: {moving.carried:,} documents carried over to {new} in "
            f"{shown_seconds(time.monotonic() - started)} ({chosen}); writers were refused for {refused:.1f} s"
        )
    finish(client, wanted, new, old.index, embedder)
    return new


def _complete(
    client: Requests, wanted: WantedIndex, old: Generation, moving: Carrier, source: Source
) -> None:
    """Carry over all but the little that is written in a moment, and look at a sample of it."""
    source.mend()
    moving.catch_up()
    verification.verify_sample(
        client,
        moving.new,
        wanted,
        old.index,
        moving.strategy,
        patience=moving.pace.stalled,
        embedder=moving.embedder,
    )
    moving.follow_deletions()
    source.mend_before_switch(moving.new)
    # What was written while that was looked at.
    moving.catch_up()


def _switch(
    client: Requests,
    wanted: WantedIndex,
    old: Generation,
    moving: Carrier,
    *,
    closed: bool,
) -> float:
    """Close the old generation to writers, carry over the rest, compare, move the aliases.

    Return the seconds for which writers were refused. After an error the old one is open to them again, unless people
    `closed` it.
    """
    # Somebody may have given the old one another alias since the plan was made.
    aliases = client.request("GET", f"/{old.index}/_alias").get(old.index, {}).get("aliases", {})
    take_over_fields(client, old.index, moving.new, MADE)
    fields = countable_fields(client, old.index)
    # What was indexed lately is written to disk and made searchable now: it would be while people wait.
    client.request("POST", f"/{old.index},{moving.new}/_flush")
    client.request("POST", f"/{moving.new}/_refresh")
    moving.following.prepare()
    started = time.monotonic()
    try:
        if not closed:
            indices.close_to_writers(client, old, moving.new)
        moving.follow_deletions()
        held = verification.count(client, old.index, moving.watermark)
        moving.carry_rest(held.since)
        verification.compare_counts(client, moving.new, old.index, held)
        compare_fields(client, moving.new, old.index, fields)
        _note_switch(client, moving)
        swap_aliases(client, wanted.alias, moving.new, old.index, aliases)
    except BaseException:
        if not _is_swapped(client, wanted, moving.new):
            if not closed:
                indices.open_to_writers(client, old.index)
            raise
    return time.monotonic() - started


def finish(
    client: Requests, wanted: WantedIndex | None, new: str, old: str, embedder: Embedder | None = None
) -> None:
    """Note that a migration whose aliases were moved is over: what the old one holds are copies from now on.

    `wanted` is None when another index is wanted by now, to which the next migration carries no stale embedding.
    Raises IndexingError as `embed_stragglers` and `mend_carried` do.
    """
    checked = mend_carried(client, new, wanted, embedder) if wanted else None
    migration = indices.read_meta(client, new).get("migration", {})
    if migration.get("stragglers"):
        embed_stragglers(client, new, **migration["stragglers"])
    _retire(client, old, new, migration.get("left"))
    if migration.get("afterwards"):
        client.request("PUT", f"/{new}/_settings", migration["afterwards"])
    indices.add_meta(client, new, {"migration": {}, **({} if checked is None else {"checked": checked})})


def _note_switch(client: Requests, moving: Carrier) -> None:
    """Note how much was written to both by now, when nobody can write: what is more later is people's."""
    filled = read_progress(client, moving.new).written
    indices.note_migration(client, moving.new, {"filled": filled, "left": moving.following.written})


def _retire(client: Requests, old: str, new: str, left: int | None) -> None:
    """Close the old generation to writers, and note what it held when the aliases left it."""
    found = client.find(f"/{old}")
    if found is None or indices.meta_of(found[old]).get("retired"):
        return
    written = read_progress(client, old).written if left is None else left
    uuid = found[old].get("settings", {}).get("index", {}).get("uuid", "")
    client.request("PUT", f"/{old}/_block/write")
    retired = {"successor": new, "written": written, "uuid": uuid}
    indices.add_meta(client, old, {"successor": "", "retired": retired})


def _freeze(client: Requests, old: Generation) -> None:
    """Give the old generation a pipeline of its own, which the stack's may change, go or be renamed without."""
    if old.identity is None or old.default_pipeline in ("", "_none", frozen_pipeline.frozen_id(old.index)):
        return
    ids = ingest_pipeline.inference_ids(ingest_pipeline.read_live(client, old.default_pipeline) or {})
    if len(ids) == 1:
        frozen_pipeline.freeze(client, old.index, old.identity, ids[0])


def _begin(client: Requests, wanted: WantedIndex, old: Generation, new: str, chosen: Strategy) -> None:
    body = indices.build_index(wanted, predecessor=old)
    body["mappings"]["_meta"]["migration"] = {
        "source": old.index,
        "strategy": chosen,
        "watermark": NOTHING,
    }
    try:
        indices.create_index(client, new, body)
    except RefusedError as error:
        accepted = without_refused(body, error.reason)
        if accepted is None:
            raise
        indices.create_index(client, new, accepted)


def _note_afterwards(
    client: Requests, wanted: WantedIndex, old: Generation, moving: Carrier, settings: Mapping[str, str]
) -> None:
    """Note what is to be done after the switch: what to set, and how to find what was being embedded at its moment."""
    noted: dict[str, Any] = {"afterwards": dict(settings)} if settings else {}
    same_dims = old.vector.get("dims") == wanted.identity.dims
    if moving.embedder is None and moving.strategy == "re-embed" and same_dims:
        noted["stragglers"] = {
            "above": read_progress(client, moving.new).settled,
            "former": frozen_pipeline.frozen_id(old.index),
            "pipeline_id": wanted.pipeline_id,
        }
    migration = indices.read_meta(client, moving.new).get("migration", {})
    # An earlier run may have noted otherwise.
    carried = {key: value for key, value in migration.items() if key not in ("afterwards", "stragglers")}
    if migration != {**carried, **noted}:
        indices.add_meta(client, moving.new, {"migration": {**carried, **noted}})


def _is_swapped(client: Requests, wanted: WantedIndex, new: str) -> bool:
    """Tell whether the request that moved the aliases was carried out though its answer was lost."""
    return new in (client.find(f"/{wanted.alias}") or {})
