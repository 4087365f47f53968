"""Reads Elasticsearch's error objects: `{"type", "reason", "caused_by": {…}}`, in which each cause is nested."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

BUSY = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
"""Status codes that may pass: too many requests, still starting, or restarting behind a proxy. Elasticsearch also
passes on the status codes of the embedding server."""


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
