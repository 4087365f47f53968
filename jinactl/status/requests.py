"""Requests to a cluster by somebody who looks at a screen: an answer within seconds, or none."""

from collections.abc import Mapping
from typing import Any

from components.elasticsearch.client.client import Body, ClusterPatience, Requests
from components.elasticsearch.errors import NotFoundError

SECONDS = 5.0
"""For one answer; a cluster that is well takes milliseconds."""

IMPATIENCE = ClusterPatience(limit=0.0, unreachable=0.0)
"""Nothing is asked twice: what a part doesn't tell now is its state."""


class QuickRequests:
    """Passes requests on to a client, and waits for no answer longer than `seconds`."""

    def __init__(self, client: Requests, seconds: float = SECONDS) -> None:
        self._client = client
        self._seconds = seconds

    def request(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        timeout: float = SECONDS,
    ) -> Any:
        """Send a request, as the client does."""
        return self._client.request(method, path, body, query=query, timeout=min(timeout, self._seconds))

    def find(self, path: str, *, query: Mapping[str, Any] | None = None) -> Any | None:
        """GET `path`; return None when it does not exist."""
        try:
            return self.request("GET", path, query=query)
        except NotFoundError:
            return None
