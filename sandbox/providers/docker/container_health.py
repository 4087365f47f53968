"""Waits until a container is healthy, and says why when it does not become so."""

import time
from typing import Any

from sandbox.providers.docker.engine import engine_errors
from sandbox.providers.resource import Operation, ProviderError

POLL_SECONDS = 0.5
LOG_LINES = 20
DEFAULT_SECONDS = 60
RESTARTS = 3
"""So many restarts while its health is awaited, and the container is taken to crash whenever it starts."""


def wait_until_healthy(api: Any, identifier: str, seconds: int, operation: Operation) -> None:
    """Return once the container is healthy.

    Like the official provider this waits out `seconds` while the container is starting or unhealthy, since it may yet
    recover. Raises ProviderError at the time limit, and earlier when there is no health check, the container has ended
    for good or crashes whenever it is started, and when the operation is cancelled; the message ends with the
    container's last log lines.
    """
    until = time.monotonic() + seconds
    restarts_before = None
    told = ""
    while True:
        with engine_errors("error inspecting container state"):
            container = api.inspect_container(identifier)
        state = container["State"]
        health = state.get("Health")
        if health is None:
            raise ProviderError(
                "you have supplied a 'wait' argument, but the container does not have a healthcheck defined. "
                "Please remove the 'wait' argument or add a 'healthcheck' attribute"
            )
        if health["Status"] == "healthy":
            return
        if state["Status"] in {"exited", "dead"}:  # the engine will not restart it: else it says "restarting"
            raise ProviderError(
                f"the container ended with exit code {state['ExitCode']}{last_lines(api, identifier)}"
            )
        restarts_before = container["RestartCount"] if restarts_before is None else restarts_before
        # While it runs once more there is no exit code to tell.
        if container["RestartCount"] - restarts_before >= RESTARTS and state["Status"] != "running":
            raise ProviderError(
                f"the container crashes whenever it is started, with exit code {state['ExitCode']}"
                f"{last_lines(api, identifier)}"
            )
        if time.monotonic() >= until:
            raise ProviderError(
                f"container failed to be in healthy state within {seconds} s, it is {health['Status']}"
                f"{_last_probe(health)}{last_lines(api, identifier)}"
            )
        if health["Status"] != told:  # each message is a line of its own where there is no terminal
            told = health["Status"]
            operation.report("info", f"waiting until healthy: {told}", True)
        if operation.cancelled.wait(POLL_SECONDS):
            raise ProviderError("cancelled while waiting for the container to be healthy")


def last_lines(api: Any, identifier: str) -> str:
    """Return the container's last log lines as the end of a message; nothing when there are none or no log."""
    try:
        output = api.logs(identifier, tail=LOG_LINES).decode(errors="replace").strip()
    except OSError:
        return ""
    return f"\nIts last log lines:\n{output}" if output else ""


def _last_probe(health: dict[str, Any]) -> str:
    probes = health.get("Log") or []
    output = probes[-1].get("Output", "").strip() if probes else ""
    return f"\nIts last health check said:\n{output}" if output else ""
