"""Compares restored indices with what was recorded at their backup, before the alias leads to them."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from components.elasticsearch.backups.contents import Count
from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import BackupError
from components.elasticsearch.fields import VECTOR
from components.elasticsearch.migration.verification import cosine

SAMPLE = 8
SEARCHED = 10
CANDIDATES = 200
SAME = 0.99
"""Cosine from which a document found first counts as the one looked for: vectors are compared quantised."""

POLL_SECONDS = 0.5
SECONDS_BETWEEN_LINES = 5.0
STUCK_SECONDS = 60.0
"""After so long without a shard at work, one that is missing does not come any more."""


def wait_until_there(client: Requests, names: Sequence[str], say: Callable[[str], None]) -> None:
    """Wait until every primary shard of these indices is there; a single node has no place for replicas.

    Raises BackupError when one does not come.
    """
    idle_since = told = time.monotonic()
    while True:
        missing = [one for one in names if _is_red(client, one)]
        if not missing:
            return
        done, total, at_work = _recovered(client, missing)
        now = time.monotonic()
        idle_since = now if at_work else idle_since
        if now - idle_since > STUCK_SECONDS:
            raise BackupError(
                f"Not all shards of {', '.join(missing)} come back from the backup. GET /_cluster/allocation/explain "
                "says why (a full disk, or a rule about nodes that this one does not fulfil). Then delete those "
                "indices, of which nothing is behind an alias yet, and run the command again."
            )
        if now - told > SECONDS_BETWEEN_LINES:
            told = now
            say(f"restoring: {done / 1e6:,.1f} of {total / 1e6:,.1f} MB of {', '.join(missing)}")
        time.sleep(POLL_SECONDS)


def require_count(index: str, found: Count, noted: Count, say: Callable[[str], None]) -> None:
    """Raise BackupError unless there are as many documents as were recorded.

    Where others were written after that was noted, the numbers may differ, and both are told.
    """
    if found.documents == noted.documents:
        return
    if found.written > noted.written:
        say(
            f"{index}: {found.documents:,} documents; {noted.documents:,} when the backup was begun, and others were "
            "written while it was taken"
        )
        return
    raise BackupError(
        f"{index} holds {found.documents:,} documents instead of the {noted.documents:,} that were backed up. The "
        "alias was not moved. Restore another backup (--snapshot), and look at the node's log (docker logs)."
    )


def require_findable(client: Requests, index: str) -> int:
    """Search for some documents, taken at random, by their own vectors; return how many there were.

    Raises BackupError unless each, or one with the same vector, is found first.
    """
    client.request("POST", f"/{index}/_refresh")
    pick = {"function_score": {"query": {"exists": {"field": VECTOR}}, "random_score": {}}}
    sample = _vectors(client, index, {"query": pick, "size": SAMPLE})
    for one, vector in sample:
        knn = {"field": VECTOR, "query_vector": vector, "k": SEARCHED, "num_candidates": CANDIDATES}
        found = _vectors(client, index, {"knn": knn, "size": 1})
        if not found or cosine(found[0][1], vector) < SAME:
            raise BackupError(
                f"Document {one} of {index} is not found by its own vector. The alias was not moved. Restore another "
                "backup (--snapshot), and look at the node's log (docker logs)."
            )
    return len(sample)


def _vectors(client: Requests, index: str, body: Mapping[str, Any]) -> list[tuple[str, list[float]]]:
    asked = {**body, "fields": [VECTOR], "_source": False}
    hits = client.request("POST", f"/{index}/_search", asked)["hits"]["hits"]
    return [(str(hit["_id"]), hit["fields"][VECTOR]) for hit in hits if VECTOR in hit.get("fields", {})]


def _is_red(client: Requests, name: str) -> bool:
    answer = client.request("GET", f"/_cluster/health/{name}", query={"timeout": "1s"})
    return str(answer["status"]) == "red"


def _recovered(client: Requests, names: Sequence[str]) -> tuple[int, int, bool]:
    """Return the bytes that are there, those that there will be, and whether any shard is being restored."""
    done = total = 0
    at_work = False
    for name in names:
        for index in client.request("GET", f"/{name}/_recovery").values():
            for shard in index.get("shards", []):
                size = shard.get("index", {}).get("size", {})
                done += int(size.get("recovered_in_bytes", 0))
                total += int(size.get("total_in_bytes", 0))
                at_work = at_work or shard.get("stage") != "DONE"
    return done, total, at_work
