"""Writes that were being embedded while the aliases moved: they enter the new generation with the old embedding.

Elasticsearch looks up the pipeline of a write when it arrives, and the index behind the alias once the pipeline has
run. Between generations of other dims such a write is refused; between those of the same dims it is taken, and is
embedded again here.
"""

from typing import Any

from components.backoff import Backoff, Patience
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents import reindex
from components.elasticsearch.documents.sequence import numbered
from components.elasticsearch.documents.views import PAGE, read_window
from components.elasticsearch.errors import IndexingError, RefusedError
from components.elasticsearch.fields import CONTENT

WHILE_BUSY = Patience(limit=300.0, first_pause=0.25, longest_pause=30.0)
"""For an embedding server that is busy."""
WHILE_EMBEDDING = Patience(limit=300.0, first_pause=0.25, longest_pause=0.25)
"""For writes that are being embedded."""
QUIET = 2
"""How often in a row nothing must be under way: a write that waits for its turn does not count as being embedded."""


def embed_stragglers(client: Requests, index: str, above: int, *, former: str, pipeline_id: str) -> None:
    """Embed again what was written to `index` with a sequence number above that, once pipeline `former` is at rest.

    Raises IndexingError when that cannot be done; doing it again changes nothing.
    """
    _wait_until_unused(client, former)
    client.request("POST", f"/{index}/_refresh")
    query = {"bool": {"filter": [numbered(above), {"exists": {"field": CONTENT}}]}}
    # What is changed or deleted meanwhile is embedded by the new pipeline already: a conflict, and left so.
    size = min(PAGE, read_window(client, index))
    options = {"pipeline": pipeline_id, "conflicts": "proceed", "scroll_size": size}
    backoff = Backoff(WHILE_BUSY)
    while True:
        # They are few: as many as were being embedded in one moment.
        outcome = _embed_again(client, index, query, options)
        if not outcome.failure:
            return
        if outcome.lasts or not backoff.again():
            which = f"document {outcome.document}" if outcome.document else "documents"
            raise IndexingError(
                f"In the moment of the switch {which} was written to {index} with an embedding made the old way, and "
                f"could not be embedded again: {outcome.failure}. {index} is in use. Look at the embedding server "
                "(docker ps, docker logs), or change or delete the document, and run the command again."
            )


def _embed_again(
    client: Requests, index: str, query: dict[str, Any], options: dict[str, Any]
) -> reindex.Outcome:
    try:
        answer = client.request(
            "POST", f"/{index}/_update_by_query", {"query": query}, query=options, timeout=WHILE_BUSY.limit
        )
    except RefusedError as error:
        # Its status is that of the first document that failed, and tells nothing of the others.
        if error.status not in reindex.PASSING:
            raise
        return reindex.Outcome(failure=str(error).rstrip("."))
    return reindex.read_outcome({"response": answer})


def _wait_until_unused(client: Requests, pipeline_id: str) -> None:
    backoff, quiet = Backoff(WHILE_EMBEDDING), 0
    while quiet < QUIET and backoff.again():
        quiet = 0 if _under_way(client, pipeline_id) else quiet + 1


def _under_way(client: Requests, pipeline_id: str) -> int:
    answer: dict[str, Any] = client.request("GET", "/_nodes/stats/ingest")
    pipelines = [node.get("ingest", {}).get("pipelines", {}) for node in answer.get("nodes", {}).values()]
    return sum(int(one.get(pipeline_id, {}).get("current", 0)) for one in pipelines)
