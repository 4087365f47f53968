"""Waits until a container is healthy, as the official provider does: it sees no crash and shows no log."""

import time
from typing import Any

from sandbox.providers.docker.engine import engine_errors
from sandbox.providers.resource import ProviderError

POLL_SECONDS = 1.0


def wait_until_healthy(api: Any, identifier: str, seconds: int) -> None:
    """Return once the container is healthy; neither a crash nor a Ctrl-C ends the wait.

    Raises ProviderError after `seconds`, and at once where there is no health check.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with engine_errors("error inspecting container state"):
            health = api.inspect_container(identifier)["State"].get("Health")
        if health is None:
            raise ProviderError(
                "you have supplied a 'wait' argument, but the container does not have a healthcheck defined. "
                "Please remove the 'wait' argument or add a 'healthcheck' attribute"
            )
        if health["Status"] == "healthy":
            return
        time.sleep(POLL_SECONDS)
    raise ProviderError("container failed to be in healthy state")
