"""A double of `kubectl`: a cluster of pods and one ConfigMap, in this process, since a switch asks it many times."""

from __future__ import annotations

import json
import subprocess
import threading
from typing import Any

import pytest


def pod(name: str, *, ready: bool = True, **more: Any) -> dict[str, Any]:
    """Return the manifest of a pod that runs; `more` is added to its status, or `deleted` to its metadata."""
    deleted = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if more.pop("deleted", False) else {}
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "containerStatuses": [{"name": "gateway", "restartCount": 0, "state": {"running": {}}}],
        **more,
    }
    return {
        "metadata": {"name": name, **deleted},
        "spec": {"containers": [{"name": "gateway"}]},
        "status": status,
    }


class KubectlDouble:
    """Answers what is run as `kubectl`, instead of it.

    `pods` are listed; `later` come when the ConfigMap is changed, whose content is `data`; `refusals` are words of a
    command and what it fails with, each for once; `logs` are those of pods by name; `asked` is every command.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put it in the place of kubectl."""
        self.pods: list[dict[str, Any]] = []
        self.later: list[dict[str, Any]] = []
        self.data: dict[str, str] = {}
        self.refusals: list[tuple[str, str]] = []
        self.logs: dict[str, str] = {}
        self.asked: list[str] = []
        self._version = 1
        self._lock = threading.Lock()
        monkeypatch.setattr("components.kubernetes.kubectl.subprocess.run", self._run)

    @property
    def lanes(self) -> Any:
        """What the ConfigMap says of the lanes."""
        return json.loads(self.data["lanes.json"])

    @property
    def orders(self) -> list[str]:
        """The orders to gateways and the changes of the ConfigMap, in turn."""
        told = [line.split() for line in self.asked]
        return [
            "patch" if words[0] == "patch" else f"{words[1]}: {' '.join(words[6:])}"
            for words in told
            if words[0] in ("exec", "patch")
        ]

    def _run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[0] == "kubectl"
        words = command[1:]
        while words[0].startswith("--"):
            words = words[2:]
        with self._lock:
            said, code = self._answer(words)
        return subprocess.CompletedProcess(command, code, "" if code else said, said if code else "")

    def _answer(self, words: list[str]) -> tuple[str, int]:
        line = " ".join(words)
        self.asked.append(line)
        for refusal in self.refusals:
            if refusal[0] in line:
                self.refusals.remove(refusal)
                return refusal[1], 1
        match words:
            case ["get", "pods", *_]:
                return json.dumps({"items": self.pods}), 0
            case ["get", "configmap", *_]:
                found = {"metadata": {"resourceVersion": str(self._version)}, "data": self.data}
                return json.dumps(found), 0
            case ["patch", "configmap", *_]:
                return self._patch(json.loads(words[-1]))
            case ["exec", *_]:
                return "", 0
            case ["logs", name, *_]:
                return self.logs.get(name, ""), 0
        return f"unexpected: {line}", 125

    def _patch(self, patch: dict[str, Any]) -> tuple[str, int]:
        if patch["metadata"]["resourceVersion"] != str(self._version):
            return "Error from server (Conflict): the object has been modified", 1
        self.data |= patch["data"]
        self._version += 1
        self.pods += self.later
        self.later = []
        return "", 0
