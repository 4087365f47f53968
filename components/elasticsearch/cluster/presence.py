"""Whether a cluster answers at all: waited for once, and not again for each of the things that live in it."""

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
"""Within which the least that can be asked is answered, by a cluster that is there."""

NOT_WAITED_FOR_AGAIN = 60.0
"""Seconds after a cluster was waited for in vain, for which it is asked only once."""

_asked_once_until: dict[str, float] = {}
"""By address: the providers of one command share a process, and nothing else."""


@contextmanager
def patient(url: str, patience: ClusterPatience) -> Iterator[ClusterPatience]:
    """Yield the patience to have with a cluster: `patience`, or none where it was waited for in vain a moment ago."""
    if time.monotonic() < _asked_once_until.get(url, 0.0):
        patience = replace(patience, limit=0.0, unreachable=0.0)
    try:
        yield patience
    except (UnreachableError, UnavailableError):
        _asked_once_until[url] = time.monotonic() + NOT_WAITED_FOR_AGAIN
        raise
    _asked_once_until.pop(url, None)


def require_answer(client: Requests) -> None:
    """Raise UnreachableError, and soon, unless the cluster answers; that something may not be asked is an answer."""
    try:
        client.request("GET", "/", timeout=ANSWER_SECONDS)
    except PrivilegeError:
        return
