"""Runs `kubectl`, so that it asks the cluster that Pulumi's provider asks."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.kubernetes.errors import (
    ForbiddenError,
    KubectlError,
    NoClusterError,
    NoContextError,
    NoKubectlError,
    NoNodeError,
    NotFoundError,
    UnauthorizedError,
)
from components.program.stopping import ending_with_this

COMMAND_SECONDS = 60.0
"""Seconds within which the cluster must answer."""

# Words of kubectl 1.34, by what they mean.
_UNREACHABLE = (
    "connection refused",
    "no such host",
    "i/o timeout",
    "TLS handshake timeout",
    "no route to host",
    "network is unreachable",
    "was refused - did you specify the right host",
    "invalid configuration",
)
_NO_KUBECONFIG = re.compile(r"^error: (stat|open) /.*: no such file or directory", re.MULTILINE)
_NO_NODE = re.compile(r"error dialing backend|https://[^/ ]*:10250/")
"""The cluster answers, and the kubelet of a node, which runs commands and has logs, does not."""

_NO_API = re.compile(r"the server could not find the requested resource$", re.MULTILINE)
"""Something else than a cluster answers; of a resource that a cluster has not, or has lost, the line goes on."""

_NO_CONTEXT = re.compile(r'context was not found|context "[^"]*" does not exist')
_LOG_LINE = re.compile(r"[EWI]\d{4} \d\d:\d\d:")
"""The beginning of a line that kubectl logs, each attempt once, before it says the same in words."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Which cluster, by the context, and which namespace in it; what is empty is kubectl's own."""

    context: str = ""
    namespace: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Target:
        """Read the target from the KUBECTL_* variables of a program."""
        return cls(
            context=environment.get("KUBECTL_CONTEXT", ""),
            namespace=environment.get("KUBECTL_NAMESPACE", ""),
        )


def run(
    arguments: Sequence[str], target: Target, *, within: float = COMMAND_SECONDS, given: str | None = None
) -> str:
    """Return what kubectl prints; `given` is its standard input, and `within` how many seconds it may take.

    Raises the KubectlError that fits the failure.
    """
    try:
        done = subprocess.run(
            [*command(target), *arguments],
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
            preexec_fn=ending_with_this(),
        )
    except FileNotFoundError as error:
        raise NoKubectlError from error
    except subprocess.TimeoutExpired as error:
        raise NoClusterError(
            f"`kubectl {' '.join(arguments[:2])}` did not end within {within:.0f} s."
        ) from error
    if done.returncode != 0:
        raise explained(done.stderr)
    return done.stdout


def command(target: Target) -> list[str]:
    """Return the beginning of a command line."""
    context = ["--context", target.context] if target.context else []
    return ["kubectl", *context, *(["--namespace", target.namespace] if target.namespace else [])]


def explained(said: str) -> KubectlError:
    """Return the error that kubectl's words mean."""
    lines = [line for line in said.strip().splitlines() if not _LOG_LINE.match(line)]
    said = "\n".join(lines) or said.strip()
    if "Unauthorized" in said:
        return UnauthorizedError(said)
    if "(Forbidden)" in said or "forbidden:" in said:
        return ForbiddenError(said)
    if _NO_API.search(said):
        return NoClusterError(
            f"{said}\nSomething else may answer there: without a kubeconfig kubectl asks localhost:8080, where a stack "
            "on Docker has its gateway."
        )
    if "(NotFound)" in said:
        return NotFoundError(said)
    if _NO_CONTEXT.search(said):
        return NoContextError(said)
    if _NO_NODE.search(said):
        return NoNodeError(said)
    if _NO_KUBECONFIG.search(said) or any(words in said for words in _UNREACHABLE):
        return NoClusterError(said)
    return KubectlError(f"kubectl failed: {said}")
