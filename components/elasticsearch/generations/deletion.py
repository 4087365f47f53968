"""Deletes indices and documents: only what the stack can make again, unless the user allowed more."""

from collections.abc import Collection
from dataclasses import replace

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents import reindex
from components.elasticsearch.documents.bulk import delete_documents
from components.elasticsearch.documents.people import count_of_people, document_count, read_demo
from components.elasticsearch.errors import DocumentsAtRiskError
from components.elasticsearch.generations import frozen_pipeline, inventory
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.generation import Generation, LiveIndex
from components.elasticsearch.generations.live_index import read_live
from components.elasticsearch.generations.refusals import deletion
from components.elasticsearch.ownership import Claim

Stake = dict[str, int | None]
"""Number of documents that people put into each index, by index name; None where they can't be counted."""


def at_stake(client: Requests, live: LiveIndex, claim: Claim) -> Stake:
    """Return how many documents other than unchanged demo documents each index of the stack holds.

    Indices without any are left out. Documents that a migration carried to or from the index in use are counted once.
    """
    ours = [one for one in live.owned(claim) if not live.is_copy(one)]
    stake: Stake = {one.index: None if one.closed else count_of_people(client, one.index) for one in ours}
    return {index: held for index, held in stake.items() if held != 0}


def require_deletable_index(client: Requests, alias: str, given_up: Collection[str], claim: Claim) -> None:
    """Raise DocumentsAtRiskError when deleting the index would delete documents that were not given up.

    The documents are given up when the alias is among the names `given_up`; then no request is sent.
    """
    if alias in given_up:
        return
    stake = at_stake(client, read_live(client, alias), claim)
    if stake:
        names = [*given_up, alias]
        raise DocumentsAtRiskError(deletion(names, stake, f"Index {alias}", several=bool(claim.siblings)))


def require_deletable_node(client: Requests, alias: str, given_up: Collection[str], claim: Claim) -> None:
    """Raise DocumentsAtRiskError when deleting the node's volume would delete documents that were not given up.

    All indices of the node count, hidden and closed ones too, except those of Elasticsearch itself. In the stack's
    indices, that of the alias and those of its `siblings`, unchanged demo documents do not count. The indices of people
    are given up when all of the stack's are; then no request is sent.
    """
    aliases = (alias, *sorted(claim.siblings))
    if set(aliases) <= set(given_up):
        return
    stakes: dict[str, Stake] = {}
    ours: set[str] = set()
    for one in aliases:
        own = replace(claim, siblings=frozenset(aliases) - {one})
        live = read_live(client, one)
        ours |= {owned.index for owned in live.owned(own)}
        stakes[one] = {} if one in given_up else at_stake(client, live, own)
    others = _of_others(client, ours)
    stake = {index: held for found in (*stakes.values(), others) for index, held in found.items()}
    if stake:
        names = [one for one in aliases if others or stakes[one] or one in given_up]
        where = "The stack's Elasticsearch node"
        raise DocumentsAtRiskError(deletion(names, stake, where, several=bool(claim.siblings)))


def _of_others(client: Requests, ours: Collection[str]) -> Stake:
    """Return how many documents the other indices of a node hold; those without any are left out."""
    others = [one for one in inventory.of_people(client) if one.name not in ours]
    stake = {one.name: None if one.closed else document_count(client, one.name) for one in others}
    return {index: held for index, held in stake.items() if held != 0}


def delete_generations(client: Requests, alias: str, given_up: Collection[str], claim: Claim) -> None:
    """Delete every index of the stack behind or beside the alias; leave the indices of others alone.

    Raises DocumentsAtRiskError as `require_deletable_index` does.
    """
    require_deletable_index(client, alias, given_up, claim)
    for one in sorted(read_live(client, alias).owned(claim), key=lambda one: one.counter):
        delete_generation(client, one)
    frozen_pipeline.sweep(client, alias, claim)


def delete_generation(client: Requests, one: Generation) -> None:
    """Delete an index and the pipeline that was kept for it; end the tasks that still write into the index first."""
    if one.migration:
        reindex.wait_for_others(client, one.index)
    indices.delete_index(client, one.index)
    if one.default_pipeline == frozen_pipeline.frozen_id(one.index):
        frozen_pipeline.delete_of(client, one.index)


def retire_alias(client: Requests, alias: str, claim: Claim) -> str:
    """Delete the indices of an alias that the stack no longer uses, except those that hold people's documents.

    Return a line that names the indices that were kept; empty when none was.
    """
    live = read_live(client, alias)
    stake = at_stake(client, live, claim)
    for one in live.owned(claim):
        if one.index not in stake:
            delete_generation(client, one)
    listed = ", ".join(f"{index}: {'closed' if held is None else held}" for index, held in stake.items())
    return (
        f"{alias} is kept, and no longer part of this stack: it holds documents ({listed})." if stake else ""
    )


def delete_demo_documents(client: Requests, alias: str, claim: Claim) -> None:
    """Delete the demo documents that nobody changed; do nothing when the index is gone, closed or another stack's."""
    current = read_live(client, alias).current
    if current is None or current.closed or (current.managed and not claim.covers(current.owner)):
        return
    delete_documents(client, alias, read_demo(client, alias).unchanged)
