"""API keys that may do no more than they are given, and requests sent with them."""

from collections.abc import Mapping, Sequence
from typing import Any

import requests

from tests.fixtures.elasticsearch_node import Node


class NoCredentials:
    """Keeps the client library from adding credentials of its own."""

    def __call__(self, request: Any) -> Any:
        return request


class Key:
    """An API key of the node: `cluster` privileges, and `indices` as pattern -> privileges."""

    def __init__(
        self, node: Node, cluster: Sequence[str] = (), indices: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        entries = [{"names": [name], "privileges": [*held]} for name, held in (indices or {}).items()]
        role = {"cluster": [*cluster], "indices": entries}
        answer = node.send("POST", "/_security/api_key", {"name": "key", "role_descriptors": {"role": role}})
        assert answer.ok, answer.text
        self._node = node
        self.id: str = answer.json()["id"]
        self.encoded: str = answer.json()["encoded"]

    def send(self, method: str, path: str, body: object = None, **options: Any) -> requests.Response:
        """Send a request with this key."""
        headers = {"Authorization": f"ApiKey {self.encoded}", **options.pop("headers", {})}
        return self._node.send(method, path, body, auth=NoCredentials(), headers=headers, **options)
