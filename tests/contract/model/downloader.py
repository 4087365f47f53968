"""Drives a process that downloads."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT_DIRECTORY = Path(__file__).parents[3]
ENDS_WITHIN = 5
"""Seconds; what a process that is killed has run through does not show in the coverage."""


@dataclass(frozen=True)
class Outcome:
    """What came of a call: a result, or the name and message of an error, and what was said on the way."""

    result: Mapping[str, Any]
    error: str
    message: str
    said: tuple[str, ...]


class Downloader:
    """A process with an environment of its own; `environment` is added to one in which nothing of the Hub is set."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        plain = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
        chosen = {"NO_PROXY": "127.0.0.1", "HF_HUB_DOWNLOAD_TIMEOUT": "20", **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.model.worker"],
            cwd=PROJECT_DIRECTORY,
            env={**plain, **chosen},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ensure(self, wanted: Mapping[str, Any]) -> Outcome:
        """Get a file, and wait for what comes of it."""
        self.begin(wanted)
        return self.outcome()

    def begin(self, wanted: Mapping[str, Any]) -> None:
        """Begin to get a file."""
        self._send({"call": "ensure", "wanted": dict(wanted)})

    def provider(self, method: str, *arguments: Any) -> Outcome:
        """Call a method of the provider."""
        self._send({"call": "provider", "method": method, "arguments": arguments})
        return self.outcome()

    def outcome(self) -> Outcome:
        """Wait for what comes of the call that was begun."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the process ended without an answer: a bug in what it runs"
        answer = json.loads(line)
        return Outcome(
            answer.get("result", {}),
            answer.get("error", ""),
            answer.get("message", ""),
            tuple(answer["said"]),
        )

    def close(self) -> None:
        """End the process, by force where it is still waiting for an answer."""
        try:
            self.process.communicate(timeout=ENDS_WITHIN)  # it ends with its standard input
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def _send(self, call: Mapping[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()
