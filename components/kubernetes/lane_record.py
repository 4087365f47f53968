"""The ConfigMap that tells a gateway, when it starts, which server each lane asks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypedDict

from components.backoff import Backoff, Patience
from components.kubernetes.errors import KubectlError
from components.kubernetes.kubectl import Target, run

KEY = "lanes.json"

_PATIENCE = Patience(limit=20, first_pause=0.1, longest_pause=1)
_CHANGED_MEANWHILE = "(Conflict)"


class Server(TypedDict):
    """A server as host:port, and the tokens that a text may have for it."""

    server: str
    context: int


@dataclass(frozen=True, kw_only=True)
class LaneRecord:
    """The ConfigMap of that name. Its form is the gateway's (docker/gateway/lanes.py)."""

    target: Target
    name: str

    def server(self, lane: str) -> Server | None:
        """Return the server of a lane, None before it has one. Raises KubectlError."""
        return self._read()[0].get(lane)

    def write(self, lane: str, server: Server | None) -> None:
        """Note the server of a lane, or with None that it has none; other lanes stay. Raises KubectlError."""
        backoff = Backoff(_PATIENCE)
        while True:
            lanes, version = self._read()
            changed = {name: one for name, one in lanes.items() if name != lane}
            changed |= {lane: server} if server else {}
            # With its version, so that a lane which another program switches meanwhile is not put back.
            patch = {
                "metadata": {"resourceVersion": version},
                "data": {KEY: json.dumps(changed, sort_keys=True)},
            }
            asked = ["patch", "configmap", self.name, "--type", "merge", "--patch", json.dumps(patch)]
            try:
                run(asked, self.target)
            except KubectlError as error:
                if _CHANGED_MEANWHILE not in str(error) or not backoff.again():
                    raise
            else:
                return

    def _read(self) -> tuple[dict[str, Server], str]:
        found = json.loads(run(["get", "configmap", self.name, "--output", "json"], self.target))
        try:
            lanes: dict[str, Server] = json.loads(found.get("data", {}).get(KEY) or "{}")
        except ValueError as error:
            raise KubectlError(
                f"{KEY} in the ConfigMap {self.name} is no JSON ({error}), and only the program that switches lanes "
                f"writes it. Was it changed by hand? `kubectl --namespace {self.target.namespace} delete configmap "
                f"{self.name}`, then `pulumi up --refresh`, make it anew."
            ) from error
        return lanes, found["metadata"]["resourceVersion"]
