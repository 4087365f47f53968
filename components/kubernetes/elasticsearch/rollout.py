"""Tells of a StatefulSet of one, and of its pod, whether what was declared runs, or why it never will.

The provider's own waiting can end while the pod of before still answers, and says little of a node that fails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.engine.container import State
from components.kubernetes.errors import KubectlError
from components.kubernetes.kubectl import Target, run
from components.program.errors import CheckError
from components.startup.ending import Program, advice, shown

NEVER = ("ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError")
"""Why a container waits that waits in vain until somebody changes something."""

CRASHING = "CrashLoopBackOff"


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """The set `name` with the pod `pod`, whose container `container` runs `program`."""

    name: str
    pod: str
    container: str
    program: Program
    target: Target

    def outstanding(self) -> str:
        """Return what is still to come, empty when nothing is.

        Raises CheckError where it never will, with what to do, and KubectlError.
        """
        wanted = _json(run(["get", "statefulset", self.name, "--output", "json"], self.target))
        if finished(wanted):
            return ""
        told = run(["get", "pod", self.pod, "--ignore-not-found", "--output", "json"], self.target)
        found = _json(told) if told.strip() else {}
        labels = found.get("metadata", {}).get("labels", {})
        if labels.get("controller-revision-hash") != wanted.get("status", {}).get("updateRevision"):
            return "its pod is not there yet"
        self._require_hope(found)
        return waits_for(found)

    def _require_hope(self, pod: Mapping[str, Any]) -> None:
        status = pod.get("status", {})
        for one in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
            waiting = one.get("state", {}).get("waiting", {})
            if waiting.get("reason") in NEVER:
                raise CheckError(
                    f"Container {one['name']} of pod {self.pod} does not start ({waiting['reason']}): "
                    f"{waiting.get('message', '')}. If it can't pull its image {one.get('image', '')}, correct the "
                    "image's setting, or imagePullSecrets; then `pulumi up`."
                )
            ended = one.get("state", {}).get("terminated") or {}
            if waiting.get("reason") == CRASHING:
                ended = one.get("lastState", {}).get("terminated") or {}
            if ended.get("exitCode"):
                raise CheckError(self._described(one, ended))

    def _described(self, status: Mapping[str, Any], ended: Mapping[str, Any]) -> str:
        """Return how a container ended, what to do, and the end of its log."""
        lines = self._log(str(status["name"]))
        state = State("exited", int(ended["exitCode"]), ended.get("reason") == "OOMKilled", 0)
        how = "was killed for want of memory" if state.out_of_memory else f"ended with {state.exit_code}"
        return (
            f"{self.program.name} {how} in pod {self.pod}. {advice(self.program, state, lines)}\n"
            f"Its last lines:\n{shown(self.program, lines)}"
        )

    def _log(self, container: str) -> list[str]:
        asked = ["logs", self.pod, f"--container={container}", f"--tail={self.program.searched}"]
        try:
            return run(asked, self.target).splitlines()
        except KubectlError:  # the log of a container can be gone with its node
            return []


def finished(wanted: Mapping[str, Any]) -> bool:
    """Tell whether a StatefulSet's one pod is that of its last specification, and ready."""
    status = wanted.get("status", {})
    return bool(
        status.get("observedGeneration", 0) >= wanted["metadata"]["generation"]
        and status.get("updateRevision") == status.get("currentRevision")
        and status.get("updatedReplicas", status.get("currentReplicas", 0)) >= 1
        and status.get("readyReplicas", 0) >= 1
    )


def waits_for(pod: Mapping[str, Any]) -> str:
    """Return in a few words what a pod that may become ready waits for."""
    for condition in pod.get("status", {}).get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"its pod has no node: {condition.get('message', '')}"
    return "its pod is not ready yet"


def _json(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found
