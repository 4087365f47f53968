"""Reads Elasticsearch's error objects: `{"type", "reason", "caused_by": {…}}`, in which each cause is nested."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

BUSY = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
"""Status codes that may pass: too many requests, still starting, or restarting behind a proxy."""

_OF_THE_MODEL = re.compile(r"for request from inference entity id \[[^]]*\] status \[(\d{3})\]")
_NOT_SENT = "Failed to send OpenAI embeddings request"


def may_pass(status: int, reason: str) -> bool:
    """Tell whether what was refused may be accepted later; `reason` is as in `told`.

    Elasticsearch passes on a 4xx of the embedding server and answers 400 to a 5xx: its words keep the status.
    """
    of_the_model = _OF_THE_MODEL.search(reason)
    return (int(of_the_model[1]) if of_the_model else status) in BUSY or _NOT_SENT in reason


def reasons(error: Any) -> list[str]:
    """Return the reasons of an error, from the outermost to the root cause; none when `error` is not an object."""
    found = []
    while isinstance(error, Mapping):
        found.append(str(error.get("reason") or error.get("type") or "no reason given"))
        error = error.get("caused_by")
    return found


def told(error: Mapping[str, Any]) -> str:
    """Return the reasons of an error in one line, without repetitions."""
    return ": ".join(dict.fromkeys(reasons(error))).rstrip(".")
