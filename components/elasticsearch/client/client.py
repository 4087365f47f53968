"""Requests to Elasticsearch: the one place that retries them and turns their failures into clear errors."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from components.backoff import Backoff, Patience
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.client.failures import refusal, transport_failure
from components.elasticsearch.errors import NotFoundError, UnavailableError, UnreachableError

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

Body = Mapping[str, Any] | Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ClusterPatience(Patience):
    """For how many seconds a request to a cluster is retried.

    `limit` applies while the cluster answers 429 or 503, `unreachable` while it does not answer. No answer is waited
    for longer than `answer` seconds.
    """

    limit: float = 120.0
    unreachable: float = 15.0
    answer: float = math.inf


class Requests(Protocol):
    """The methods of a client that the modules of this package use; tests pass one that records the requests."""

    def request(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
    ) -> Any:
        """Send a request and return the decoded response; raise an ElasticsearchError when it fails."""

    def find(self, path: str, *, query: Mapping[str, Any] | None = None) -> Any | None:
        """GET `path`; return None when it does not exist."""


class Client:
    """Sends requests with Elastic's client, and retries them while the cluster is starting or busy."""

    def __init__(self, connection: Connection, patience: ClusterPatience | None = None) -> None:
        self.connection = connection
        self._patience = patience or ClusterPatience()
        self._opened: Elasticsearch | None = None
        self._with_timeout: dict[float, Elasticsearch] = {}

    def request(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
    ) -> Any:
        """Send a request, retry it while the cluster is busy or unreachable, and return the decoded response.

        A mapping is sent as JSON, a sequence of mappings as the lines of `_bulk`; `timeout` is in seconds.
        A request may be sent twice when its response was lost, so callers must expect "exists already".
        Raises the ElasticsearchError that fits the failure.
        """
        backoff = Backoff(self._patience)
        timeout = min(timeout, self._patience.answer)
        while True:
            try:
                return self._send(method, path, body, query, timeout)
            except UnavailableError:
                if not backoff.again():
                    raise
            except UnreachableError:
                if not backoff.again(limit=self._patience.unreachable):
                    raise

    def find(self, path: str, *, query: Mapping[str, Any] | None = None) -> Any | None:
        """GET `path`; return None when it does not exist."""
        try:
            return self.request("GET", path, query=query)
        except NotFoundError:
            return None

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
            self._with_timeout.clear()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(
        self, method: str, path: str, body: Body | None, query: Mapping[str, Any] | None, timeout: float
    ) -> Any:
        if self._opened is None:
            self._opened = self.connection.open()
        if timeout not in self._with_timeout:
            # Kept, because making it takes as long as a small request.
            self._with_timeout[timeout] = self._opened.options(request_timeout=timeout)
        from elasticsearch import ApiError, TransportError  # noqa: PLC0415 (see Connection.open)

        lines = body is not None and not isinstance(body, Mapping)
        headers = {"accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/x-ndjson" if lines else "application/json"
        try:
            answer = self._with_timeout[timeout].perform_request(
                method, path, params=query, headers=headers, body=body
            )
        except ApiError as error:
            raise refusal(self.connection, f"{method} {path}", error.meta.status, error.body) from error
        except TransportError as error:
            raise transport_failure(self.connection, error) from error
        return answer.body
