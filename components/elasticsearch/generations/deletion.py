"""Whether documents may be deleted: only those that the stack can make again, unless somebody said otherwise."""

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents import reindex
from components.elasticsearch.documents.bulk import delete_documents
from components.elasticsearch.documents.people import count_documents, count_of_people, read_demo
from components.elasticsearch.errors import DocumentsAtRiskError
from components.elasticsearch.generations import frozen_pipeline, inventory
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.generation import Generation, LiveIndex
from components.elasticsearch.generations.live_index import read_live
from components.elasticsearch.generations.refusals import deletion
from components.elasticsearch.ownership import Claim

Stake = dict[str, int | None]
"""Documents that people put into indices, by their names; None where they can't be counted."""


def at_stake(client: Requests, live: LiveIndex, claim: Claim) -> Stake:
    """Return how many documents other than unchanged demo documents each index of the stack holds, if any.

    What was carried over to, or from, the index in use is not counted twice.
    """
    ours = [one for one in live.owned(claim) if not live.is_copy(one)]
    stake: Stake = {one.index: None if one.closed else count_of_people(client, one.index) for one in ours}
    return {index: held for index, held in stake.items() if held != 0}


def require_deletable_index(client: Requests, alias: str, delete_data: str, claim: Claim) -> None:
    """Raise DocumentsAtRiskError when deleting the index would delete documents that were not given up.

    They are given up when `delete_data` is the alias's name; then nothing is asked.
    """
    if delete_data == alias:
        return
    stake = at_stake(client, read_live(client, alias), claim)
    if stake:
        raise DocumentsAtRiskError(deletion(alias, stake, f"Index {alias}"))


def require_deletable_node(client: Requests, alias: str, delete_data: str, claim: Claim) -> None:
    """Raise DocumentsAtRiskError when deleting the node's volume would delete documents that were not given up.

    All its indices count, hidden and closed ones too, but those of Elasticsearch itself; of the alias's, unchanged demo
    documents do not.
    """
    if delete_data == alias:
        return
    live = read_live(client, alias)
    stake = at_stake(client, live, claim)
    ours = {one.index for one in live.owned(claim)}
    for one in inventory.of_people(client):
        if one.name not in ours:
            held = None if one.closed else count_documents(client, one.name)
            stake |= {one.name: held} if held != 0 else {}
    if stake:
        raise DocumentsAtRiskError(deletion(alias, stake, "The stack's Elasticsearch node"))


def delete_generations(client: Requests, alias: str, delete_data: str, claim: Claim) -> None:
    """Delete every index of the stack behind or beside the alias; others are left alone.

    Raises DocumentsAtRiskError as `require_deletable_index` does.
    """
    require_deletable_index(client, alias, delete_data, claim)
    for one in sorted(read_live(client, alias).owned(claim), key=lambda one: one.counter):
        delete_generation(client, one)
    frozen_pipeline.sweep(client, alias, claim)


def delete_generation(client: Requests, one: Generation) -> None:
    """Delete an index, what still writes into it, and the pipeline that was kept for it."""
    if one.migration:
        reindex.wait_for_others(client, one.index)
    indices.delete_index(client, one.index)
    if one.default_pipeline == frozen_pipeline.frozen_id(one.index):
        frozen_pipeline.delete_of(client, one.index)


def retire_alias(client: Requests, alias: str, claim: Claim) -> str:
    """Delete what an alias that the stack no longer uses points to, unless people's documents are in it.

    Return a line that says what was kept, empty when nothing was.
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
    """Delete the demo documents that nobody changed; an index that is gone, or another stack's, is no error."""
    current = read_live(client, alias).current
    if current is None or current.closed or (current.managed and not claim.covers(current.owner)):
        return
    delete_documents(client, alias, read_demo(client, alias).unchanged)
