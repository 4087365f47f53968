"""Whether documents may be deleted: only those that the stack can make again, unless somebody said otherwise."""

from components.elasticsearch import frozen, pipeline, reindex
from components.elasticsearch import index as indices
from components.elasticsearch.client import Requests
from components.elasticsearch.documents import delete_documents, read_demo
from components.elasticsearch.errors import DocumentsAtRiskError
from components.elasticsearch.index import Generation, LiveIndex
from components.elasticsearch.refusals import deletion


def at_stake(live: LiveIndex) -> dict[str, int]:
    """Return how many documents other than unchanged demo documents each index of ours holds, if any.

    What was carried over to, or from, the index in use is not counted twice.
    """
    ours = [one for one in (*live.behind, *live.beside) if one.identity is not None and not live.is_copy(one)]
    return {one.index: one.held.foreign for one in ours if one.held.foreign}


def require_deletable_index(client: Requests, alias: str, delete_data: str) -> None:
    """Raise DocumentsAtRiskError when deleting the index would delete documents that were not given up.

    They are given up when `delete_data` is the alias's name; then nothing is asked.
    """
    if delete_data == alias:
        return
    stake = at_stake(indices.read_live(client, alias))
    if stake:
        raise DocumentsAtRiskError(deletion(alias, stake, f"Index {alias}"))


def require_deletable_node(client: Requests, alias: str, delete_data: str) -> None:
    """Raise DocumentsAtRiskError when deleting the node's volume would delete documents that were not given up.

    All its indices but hidden ones count; of the alias's, unchanged demo documents do not.
    """
    if delete_data == alias:
        return
    live = indices.read_live(client, alias)
    stake = at_stake(live)
    ours = {one.index for one in (*live.behind, *live.beside) if one.identity is not None}
    answer = client.request("GET", "/_resolve/index/*", query={"expand_wildcards": "open"})
    names = [found["name"] for key in ("indices", "data_streams") for found in answer.get(key, [])]
    for name in names:
        if name not in ours and not name.startswith("."):
            client.request("POST", f"/{name}/_refresh")
            count = int(client.request("GET", f"/{name}/_count")["count"])
            stake |= {name: count} if count else {}
    if stake:
        raise DocumentsAtRiskError(deletion(alias, stake, "The stack's Elasticsearch node"))


def delete_generations(client: Requests, alias: str, delete_data: str) -> None:
    """Delete every index of ours behind or beside the alias; others are left alone.

    Raises DocumentsAtRiskError as `require_deletable_index` does.
    """
    require_deletable_index(client, alias, delete_data)
    live = indices.read_live(client, alias)
    for one in (*live.beside, *live.behind):
        if one.identity is not None:
            delete_generation(client, one)
    frozen.sweep(client, alias)


def delete_generation(client: Requests, one: Generation) -> None:
    """Delete an index, what still writes into it, and the pipeline that was kept for it."""
    if one.migration:
        reindex.wait_for_others(client, one.index)
    indices.delete_index(client, one.index)
    if one.default_pipeline == frozen.frozen_id(one.index):
        pipeline.delete(client, one.default_pipeline)


def retire_alias(client: Requests, alias: str) -> str:
    """Delete what an alias that the stack no longer uses points to, unless people's documents are in it.

    Return a line that says what was kept, empty when nothing was.
    """
    live = indices.read_live(client, alias)
    stake = at_stake(live)
    for one in (*live.beside, *live.behind):
        if one.identity is not None and one.index not in stake:
            delete_generation(client, one)
    return (
        f"{alias} is kept, and no longer part of this stack: it holds documents ({stake})." if stake else ""
    )


def delete_demo_documents(client: Requests, alias: str) -> None:
    """Delete the demo documents that nobody changed; an index that is gone is no error."""
    if client.find(f"/{alias}") is not None:
        unchanged, _ = read_demo(client, alias)
        delete_documents(client, alias, unchanged)
