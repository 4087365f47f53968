"""Embeds stragglers again: writes that were being embedded while the aliases moved.

Elasticsearch looks up the pipeline of a write when the write arrives, and the index behind the alias after the pipeline
has run, so a straggler reaches the new generation with an old embedding. Between generations of different dims it is
refused; between generations of the same dims it is accepted, and embedded again here.
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
"""How long to retry while the embedding server is busy."""
WHILE_EMBEDDING = Patience(limit=300.0, first_pause=0.25, longest_pause=0.25)
"""How long to wait for writes that are being embedded."""
QUIET = 2
"""How many checks in a row must find no write in the pipeline: a write that still waits in a queue is not counted."""


def embed_stragglers(client: Requests, index: str, above: int, *, former: str, pipeline_id: str) -> None:
    """Wait until no write is in pipeline `former`, then embed the documents again that came to `index` in the switch.

    These have a sequence number greater than `above`. Raises IndexingError when one cannot be embedded. Calling this
    again changes nothing.
    """
    _wait_until_unused(client, former)
    client.request("POST", f"/{index}/_refresh")
    query = {"bool": {"filter": [numbered(above), {"exists": {"field": CONTENT}}]}}
    # A document that is changed or deleted meanwhile is a conflict, which is skipped: the new pipeline has embedded it.
    size = min(PAGE, read_window(client, index))
    options = {"pipeline": pipeline_id, "conflicts": "proceed", "scroll_size": size}
    backoff = Backoff(WHILE_BUSY)
    while True:
        # Stragglers are few: only what was being embedded at one moment.
        outcome = _embed_again(client, index, query, options)
        if not outcome.failure:
            return
        if outcome.lasts or not backoff.again():
            which = f"document {outcome.document}" if outcome.document else "documents"
            raise IndexingError(
                f"At the moment of the switch {which} was written to {index} with an embedding made the old way, and "
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
        # The status code is that of the first document that failed, and says nothing about the others.
        if not reindex.passes(error.status, str(error)):
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
