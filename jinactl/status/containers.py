"""The containers of the stack, where the Docker engine that this machine asks has them."""

import re
from collections.abc import Mapping
from typing import Any

from components.engine.errors import EngineError
from components.engine.info import inspect_containers
from jinactl.status.state import ContainerState, Unread

SERVER = "-llama-server"
"""What follows the stack's name in the name of a server's container."""


def read_containers(server_container: str) -> tuple[ContainerState, ...] | Unread:
    """Return the stack's containers, stopped ones too, by name; `server_container` is the full name of a server's."""
    stack, found, _ = server_container.partition(SERVER)
    if not found:
        return Unread("the outputs name no container of a server")
    pattern = f"^/?{re.escape(stack)}-(elasticsearch|gateway|llama-server.*)$"
    try:
        inspected = inspect_containers("--all", "--filter", f"name={pattern}")
    except EngineError as error:
        return Unread(f"the Docker engine does not answer: {str(error).splitlines()[0]}")
    except ValueError:
        return Unread("the Docker engine does not answer as one")
    if not inspected:
        return Unread("the Docker engine that this machine asks has none of this stack (DOCKER_HOST)")
    return tuple(sorted(map(_container, inspected), key=lambda one: one.name))


def _container(found: Mapping[str, Any]) -> ContainerState:
    state = found.get("State") or {}
    return ContainerState(
        name=str(found.get("Name", "")).removeprefix("/"),
        image=str((found.get("Config") or {}).get("Image", "")),
        status=str(state.get("Status", "")),
        health=str((state.get("Health") or {}).get("Status", "")),
        restarts=int(found.get("RestartCount") or 0),
        logs=f"docker logs {str(found.get('Name', '')).removeprefix('/')}",
    )
