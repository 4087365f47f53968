"""How far the writes to an index have come: Elasticsearch gives each write to a shard a sequence number."""

from dataclasses import dataclass
from typing import Any

from components.backoff import Backoff, Patience
from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import UnavailableError

BELOW_ALL, ABOVE_ALL = -1, 2**63 - 1
"""A sequence number below, and one above, those of all writes."""

PATIENCE = Patience(limit=120.0, longest_pause=0.5)
"""For shards that a restarted node has not started yet."""


@dataclass(frozen=True)
class Progress:
    """`settled`: every operation up to this number is done on every shard. `written`: sum of the highest numbers."""

    settled: int
    written: int


def numbered(above: int, upper: int = ABOVE_ALL) -> dict[str, Any]:
    """Return the query for documents with a sequence number greater than `above`, up to `upper`."""
    bounds = {"gt": above} if upper == ABOVE_ALL else {"gt": above, "lte": upper}
    return {"range": {"_seq_no": bounds}}


def read_progress(client: Requests, index: str) -> Progress:
    """Return how far the operations on an index have come.

    The global checkpoint is taken: what is below it survives the loss of a primary shard too.
    Raises UnavailableError while not all shards are there.
    """
    backoff = Backoff(PATIENCE)
    while True:
        answer = client.request("GET", f"/{index}/_stats/docs", query={"level": "shards"})
        shards = answer.get("indices", {}).get(index, {}).get("shards", {})
        primaries = [one["seq_no"] for copies in shards.values() for one in copies if _is_started(one)]
        if primaries and len(primaries) == len(shards) and _all_there(answer):
            return Progress(
                settled=min(int(one["global_checkpoint"]) for one in primaries),
                written=sum(int(one["max_seq_no"]) for one in primaries),
            )
        if not backoff.again():
            raise UnavailableError(
                f"Not all shards of {index} are there, also not after {PATIENCE.limit:.0f} s. Look at Elasticsearch's "
                "log and at GET /_cluster/allocation/explain, then run the command again."
            )


def _is_started(copy: dict[str, Any]) -> bool:
    return bool(copy["routing"]["primary"]) and copy["routing"]["state"] == "STARTED" and "seq_no" in copy


def _all_there(answer: dict[str, Any]) -> bool:
    return int(answer.get("_shards", {}).get("failed", 0)) == 0
