"""Asks a cluster for the pods of a part of the stack: how they are, and what they said last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.engine.container import State
from components.kubernetes.errors import KubectlError
from components.kubernetes.kubectl import Target, run

CRASHING = "CrashLoopBackOff"
"""The word of a kubelet for a container that waits for its next start, after crashes."""


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A pod that was listed.

    `container` is the one that tells how the pod is, the first that does not run, and `state` is that one's; `reason`
    says why the pod is not ready, in the cluster's words. `ending` is a pod that was told to end: it may still answer.
    """

    name: str
    ready: bool
    ending: bool
    container: str
    state: State
    reason: str

    @property
    def runs(self) -> bool:
        """Whether its containers run."""
        return self.state.runs

    @property
    def described(self) -> str:
        """Its state, in one line."""
        how = "ready" if self.ready else self.reason or "not ready"
        again = f", started {self.state.restarts + 1} times" if self.state.restarts else ""
        return f"{self.name}: {'ending, ' if self.ending else ''}{how}{again}"


@dataclass(frozen=True, kw_only=True)
class Pods:
    """The pods with the labels of `selector` (KEY=VALUE, with commas between): what a program runs in."""

    target: Target
    selector: str

    def listed(self) -> list[Pod]:
        """Return them, except those that have ended for good, in the order of their names. Raises KubectlError."""
        found = json.loads(run(["get", "pods", "--selector", self.selector, "--output", "json"], self.target))
        pods = [
            _pod(one) for one in found["items"] if one["status"].get("phase") not in ("Succeeded", "Failed")
        ]
        return sorted(pods, key=lambda pod: pod.name)

    @property
    def place(self) -> str:
        """Name them for messages."""
        return f"pods with {self.selector}"

    @property
    def log_command(self) -> str:
        """The command line that shows their logs."""
        namespace = f" --namespace {self.target.namespace}" if self.target.namespace else ""
        context = f" --context {self.target.context}" if self.target.context else ""
        return f"kubectl{context}{namespace} logs --all-containers --selector {self.selector}"

    def state(self) -> State:
        """Return the state of the pod that is worst off. Raises KubectlError."""
        worst = self._worst()
        return worst.state if worst else _NOT_STARTED

    def last_lines(self, count: int) -> list[str]:
        """Return the last lines of the log of the pod that is worst off; none where there is no log to read."""
        worst = self._worst()
        if worst is None:
            return []
        asked = ["logs", worst.name, "--container", worst.container, "--tail", str(4 * count)]
        # Between two starts it is the log of the former that says why.
        asked += ["--previous"] if worst.state.restarts and not worst.runs else []
        try:
            lines = run(asked, self.target).splitlines()
        except KubectlError:
            return []
        return [line.rstrip() for line in lines if line.strip()][-count:]

    def described(self) -> str:
        """Return the states of all of them, a line each. Raises KubectlError."""
        return "\n".join(f"  {pod.described}" for pod in self.listed()) or "  (there is none)"

    def _worst(self) -> Pod | None:
        def order(pod: Pod) -> tuple[bool, bool, int]:
            return pod.ending, pod.ready, -pod.state.restarts

        return min(self.listed(), key=order, default=None)


_NOT_STARTED = State(status="created", exit_code=0, out_of_memory=False, restarts=0)


def _pod(found: Mapping[str, Any]) -> Pod:
    """Return what a manifest of the API says of a pod."""
    status = found["status"]
    statuses = [
        *(one for one in status.get("initContainerStatuses", ()) if not _is_done(one)),
        *status.get("containerStatuses", ()),
    ]
    first = next((one for one in statuses if "running" not in one.get("state", {})), None)
    told = first or (statuses[0] if statuses else {})
    conditions = {one["type"]: one for one in status.get("conditions", ())}
    return Pod(
        name=found["metadata"]["name"],
        ready=conditions.get("Ready", {}).get("status") == "True",
        ending="deletionTimestamp" in found["metadata"],
        container=told.get("name", found["spec"]["containers"][0]["name"]),
        state=_state(told) if told else _NOT_STARTED,
        reason=_reason(told, conditions),
    )


def _is_done(container: Mapping[str, Any]) -> bool:
    return bool(container.get("state", {}).get("terminated", {}).get("exitCode", 1) == 0)


def _state(container: Mapping[str, Any]) -> State:
    now = container.get("state", {})
    last = now.get("terminated") or container.get("lastState", {}).get("terminated") or {}
    crashing = now.get("waiting", {}).get("reason") == CRASHING or "terminated" in now
    return State(
        status="running" if "running" in now else "restarting" if crashing else "created",
        exit_code=last.get("exitCode", 0),
        out_of_memory=last.get("reason") == "OOMKilled",
        restarts=container.get("restartCount", 0),
    )


def _reason(container: Mapping[str, Any], conditions: Mapping[str, Mapping[str, Any]]) -> str:
    """Return why a pod is not ready, as its container tells or, before it has one, as the scheduler does."""
    state, scheduled = container.get("state", {}), conditions.get("PodScheduled", {})
    unscheduled = scheduled if scheduled.get("status") == "False" else {}
    told = state.get("waiting") or state.get("terminated") or unscheduled
    return ": ".join(told[key] for key in ("reason", "message") if told.get(key))
