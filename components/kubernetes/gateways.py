"""Has all gateways of a stack in a cluster ask another server for a lane, as one.

Answers of the former and of the new server must never alternate. So all gateways hold the lane's new requests before
any of them asks the new server; the ConfigMap, which a gateway reads at its start, is changed while they do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from components.kubernetes.errors import KubectlError, NotFoundError
from components.kubernetes.kubectl import Target, run
from components.kubernetes.labels import INSTANCE, NAME
from components.say import Say

CONTAINER: Literal["gateway"] = "gateway"
"""Name of the container in the gateways' pods, and what the pods are called by their label."""

LANES = "lanes.json"
"""Key in the ConfigMap, and file in the pods, that says which server each lane asks."""

HELD_SECONDS = 60
"""For how long gateways hold a lane at most: if this program is ended in between, they go on by themselves."""

STARTING_SECONDS = 60.0
"""For how long this waits for gateways that are about to start."""

PAUSE = 0.3
ANSWERED_SECONDS = 300
"""Seconds that requests to the former server get: a long document takes minutes on a small machine."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """A lane's move to `server`, as host:port, which takes texts of `context` tokens."""

    lane: str
    server: str
    context: int


@dataclass(frozen=True)
class Gateways:
    """The gateways of a stack, by the value of their instance label, and the ConfigMap with their lanes."""

    target: Target
    instance: str
    config_map: str

    def move(self, move: Move, say: Say) -> None:
        """Move a lane on every gateway. Raises KubectlError, after all were put back where they were."""
        before = self._lanes()
        with self._held(move.lane):
            try:
                self._write({**before, move.lane: {"server": move.server, "context": move.context}})
                pods = self._order_all("use", move.lane, move.server, "0", str(move.context))
            except KubectlError:
                self._put_back(move.lane, before)
                raise
        for pod in pods:
            said = self._order(pod, "wait", move.lane, str(ANSWERED_SECONDS))
            if said:
                say(f"{pod}: {said}")

    @contextmanager
    def _held(self, lane: str) -> Iterator[None]:
        self._order_all("hold", lane, str(HELD_SECONDS))
        try:
            yield
        finally:
            for pod in self._pods("Running"):
                self._order(pod, "release", lane)

    def _put_back(self, lane: str, before: dict[str, Any]) -> None:
        self._write(before)
        former = before.get(lane)
        if former:
            self._order_all("use", lane, former["server"], "0", str(former["context"]))

    def _order_all(self, *order: str) -> list[str]:
        """Give an order to every gateway, also to those that start meanwhile; return their pods.

        Raises KubectlError where none runs, and where one that runs does not carry it out.
        """
        done: list[str] = []
        until = time.monotonic() + STARTING_SECONDS
        while True:
            for pod in self._pods("Running"):
                if pod not in done and self._order(pod, *order) is not None:
                    done.append(pod)
            starting = self._pods("Pending")
            if (done and not starting) or time.monotonic() > until:
                break
            time.sleep(PAUSE)
        if not done:
            raise KubectlError(
                f"No gateway runs to be told which server to ask. `kubectl --namespace {self.target.namespace} get "
                f"pods --selector {NAME}={CONTAINER}` shows why; then run `pulumi up` again."
            )
        return done

    def _order(self, pod: str, *order: str) -> str | None:
        """Give an order to a gateway; return what it says, None where the pod has ended meanwhile."""
        arguments = ["exec", pod, f"--container={CONTAINER}", "--", "use-server", *order]
        try:
            return run(arguments, self.target, within=ANSWERED_SECONDS + 60).strip()
        except NotFoundError:
            return None
        except KubectlError as error:
            if pod not in self._pods("Running"):
                return None
            raise KubectlError(
                f"The gateway {pod} did not carry out `use-server {order[0]}`: {error}"
            ) from error

    def _pods(self, phase: str) -> list[str]:
        """Return the names of the gateways' pods in a phase, without those that are ending."""
        found = json.loads(
            run(
                [
                    "get",
                    "pods",
                    f"--selector={NAME}={CONTAINER},{INSTANCE}={self.instance}",
                    f"--field-selector=status.phase={phase}",
                    "--output=json",
                ],
                self.target,
            )
        )
        names: Sequence[str] = [
            pod["metadata"]["name"]
            for pod in found["items"]
            if "deletionTimestamp" not in pod["metadata"]
            and (phase != "Pending" or pod["spec"].get("nodeName"))
        ]
        return list(names)

    def _lanes(self) -> dict[str, Any]:
        found = json.loads(run(["get", "configmap", self.config_map, "--output=json"], self.target))
        lanes: dict[str, Any] = json.loads((found.get("data") or {}).get(LANES) or "{}")
        return lanes

    def _write(self, lanes: dict[str, Any]) -> None:
        patch = json.dumps({"data": {LANES: json.dumps(lanes, sort_keys=True)}})
        run(["patch", "configmap", self.config_map, "--type=merge", f"--patch={patch}"], self.target)
