"""Waits for a cluster to answer: once per command, and not again for each resource in the cluster."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from components.elasticsearch.client.client import ClusterPatience, Requests
from components.elasticsearch.errors import (
    PrivilegeError,
    UnavailableError,
    UnreachableError,
)

ANSWER_SECONDS = 5.0
"""Timeout of the cheapest request: a cluster that is up answers it within this time."""

NOT_WAITED_FOR_AGAIN = 60.0
"""Seconds for which requests are not retried after waiting for the cluster has failed."""

_asked_once_until: dict[str, float] = {}
"""Until when (monotonic time) requests to an address are not retried. It is a global variable because the providers of
one command share a process, and nothing else."""


@contextmanager
def patient(url: str, patience: ClusterPatience) -> Iterator[ClusterPatience]:
    """Yield `patience`, or one without retries when waiting for this cluster failed a moment ago."""
    if time.monotonic() < _asked_once_until.get(url, 0.0):
        patience = replace(patience, limit=0.0, unreachable=0.0)
    try:
        yield patience
    except (UnreachableError, UnavailableError):
        _asked_once_until[url] = time.monotonic() + NOT_WAITED_FOR_AGAIN
        raise
    _asked_once_until.pop(url, None)


def require_answer(client: Requests) -> None:
    """Raise UnreachableError, within a short time, unless the cluster answers; a 403 counts as an answer."""
    try:
        client.request("GET", "/", timeout=ANSWER_SECONDS)
    except PrivilegeError:
        return
