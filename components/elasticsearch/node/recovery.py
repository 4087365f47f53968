"""Waits until a node that has just started can be searched: it answers before it has opened its indices."""

from components.backoff import Backoff, Patience
from components.elasticsearch.client.client import Requests
from components.say import Say

PATIENCE = 60.0
"""Seconds for which a node may open its indices, of which there may be many, and large ones."""

PAUSE = 0.5
USABLE = ("green", "yellow")
QUIET = ("initializing_shards", "number_of_pending_tasks", "number_of_in_flight_fetch")
"""What `_cluster/health` counts while there is still something to come."""

LOOKS = 4
"""Looks in a row that find nothing to come, after which a shard that isn't there is taken to be missing."""


def await_indices(client: Requests, say: Say, *, patience: float = PATIENCE) -> None:
    """Wait until the first copy of every shard is there, or until nothing more comes.

    A shard that is missing for good is said, and is no error here: what needs it says so itself.
    """
    backoff = Backoff(Patience(limit=patience, first_pause=PAUSE, longest_pause=PAUSE))
    quiet = 0
    while True:
        health = client.request("GET", "/_cluster/health")
        if health["status"] in USABLE:
            return
        quiet = 0 if any(health[name] for name in QUIET) else quiet + 1
        if quiet == LOOKS or not backoff.again():
            say(
                "the node is up, and some of its indices have shards that are not there: GET /_cat/shards shows them"
            )
            return
        if backoff.failures == 1:
            say("the node is up, and opens its indices")
