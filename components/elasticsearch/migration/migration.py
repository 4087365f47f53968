"""Carries the documents of a generation over to its successor, in portions, while people go on writing to the old one.

The progress is noted in the successor itself, so the next run goes on from there, whatever interrupts a migration.
docs/migrations.md describes the steps, and what a crash between any two of them leaves.
"""

import time
from collections.abc import Mapping
from dataclasses import replace

from components.elasticsearch.client.client import Requests
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import DocumentsAtRiskError
from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.generation import Generation, WantedIndex
from components.elasticsearch.generations.kept_settings import settings_afterwards
from components.elasticsearch.generations.refusals import without_content
from components.elasticsearch.migration import finishing, strategy, verification
from components.elasticsearch.migration.beginning import start
from components.elasticsearch.migration.carried_embeddings import Source
from components.elasticsearch.migration.carrier import Carrier, Pace, shown_seconds
from components.elasticsearch.migration.strategy import Strategy
from components.elasticsearch.migration.switch import CLOSED, note_afterwards, switch
from components.say import Say


def require_possible(client: Requests, old: Generation, chosen: Strategy) -> None:
    """Raise DocumentsAtRiskError when documents without content would lose embeddings that cannot be made again.

    An embedding with a digest was made from content that somebody removed since: losing it is no loss.
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
    """Return how the documents of a generation are converted to the wanted identity."""
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
) -> None:
    """Fill a new generation from the old one, verify it, move the aliases to it, and retire the old one.

    `new` is a free name; `unfinished` is the generation that an earlier run of the same migration left.
    With `embedder`, documents are embedded again by it, else by the wanted pipeline.
    Raises IndexingError or another ElasticsearchError when the migration fails: the old generation is then in use as
    before, and the next run goes on from where this one stopped.
    """
    moving, afterwards = _prepare(client, wanted, old, new, unfinished, pace=pace, say=say, embedder=embedder)
    _carry_over(wanted, old, moving, afterwards)
    finishing.finish(client, wanted, moving.new, old.index, moving.embedder)


def fill(
    client: Requests,
    wanted: WantedIndex,
    old: Generation,
    new: str,
    unfinished: Generation | None,
    *,
    pace: Pace,
    say: Say,
    embedder: Embedder | None = None,
) -> None:
    """Do what `migrate` does up to the switch: people go on with the old generation until a later run switches.

    Arguments and errors are those of `migrate`.
    """
    moving, _ = _prepare(client, wanted, old, new, unfinished, pace=pace, say=say, embedder=embedder)
    try:
        _complete(wanted, old, moving)
    finally:
        moving.close()
    say(f"{wanted.alias}: its documents are in {moving.new}, which waits for its turn to be switched to")


def _prepare(
    client: Requests,
    wanted: WantedIndex,
    old: Generation,
    new: str,
    unfinished: Generation | None,
    *,
    pace: Pace,
    say: Say,
    embedder: Embedder | None,
) -> tuple[Carrier, Mapping[str, str]]:
    """Begin, or go on with, a migration; return what carries documents, and the settings to set after the switch."""
    chosen = strategy_of(old, wanted)
    require_possible(client, old, chosen)
    ours = bool(old.successor or old.retired)
    afterwards = settings_afterwards(client, old.index, ours=ours)
    patient = embedder and replace(embedder, patience=replace(embedder.patience, limit=pace.patience.limit))
    new, watermark = start(client, wanted, old, new, unfinished=unfinished, chosen=chosen, say=say)
    moving = Carrier(
        client=client,
        alias=wanted.alias,
        pipeline_id=wanted.pipeline_id,
        dims=wanted.identity.dims,
        old=old.index,
        new=new,
        strategy=chosen,
        embedder=patient,
        watermark=watermark,
        pace=pace,
        say=say,
    )
    if ours:
        indices.open_to_writers(client, old.index)
    return moving, afterwards


def _carry_over(wanted: WantedIndex, old: Generation, moving: Carrier, afterwards: Mapping[str, str]) -> None:
    """Carry all documents over and move the aliases.

    `afterwards` are settings that the new generation gets once it is filled.
    """
    started = time.monotonic()
    try:
        _complete(wanted, old, moving)
        note_afterwards(wanted, old, moving, afterwards)
        refused = switch(wanted, old, moving, closed=CLOSED in afterwards)
    finally:
        moving.close()
    if moving.carried:
        moving.say(
            f"{wanted.alias}: {moving.carried:,} documents carried over to {moving.new} in "
            f"{shown_seconds(time.monotonic() - started)} ({moving.strategy}); writers were refused for {refused:.1f} s"
        )


def _complete(wanted: WantedIndex, old: Generation, moving: Carrier) -> None:
    """Carry over all documents except those of the last moment, and verify a sample of them."""
    client, embedder = moving.client, moving.embedder
    source = Source(
        client=client, wanted=wanted, old=old, strategy=moving.strategy, embedder=embedder, say=moving.say
    )
    source.mend()
    moving.catch_up()
    verification.verify_sample(
        client,
        moving.new,
        wanted,
        old.index,
        moving.strategy,
        patience=moving.pace.patience,
        embedder=embedder,
    )
    moving.follow_deletions()
    source.mend_before_switch(moving.new)
    # Carries over what was written while the sample was verified and documents were mended.
    moving.catch_up()
