"""What the Docker engine says of itself, its images and its containers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from components.engine.docker_cli import answer, run, text
from components.engine.errors import EngineError, NoEngineError, PlatformUnknownError

ANSWER_SECONDS = 20
"""Seconds within which the engine must answer; a preview goes on without an answer."""

NO_SUCH_IMAGE = "no such image"


def engine_id(told: Mapping[str, str] | None = None) -> str:
    """Return the id of the engine that answers; an engine keeps its id as long as its data. Raises NoEngineError.

    `told`, here and below, is the environment that the stack sets to reach its engine.
    """
    try:
        found = answer(["docker", "info", "--format", "{{.ID}}"], ANSWER_SECONDS, told=told)
    except EngineError as error:
        raise NoEngineError(str(error)) from error
    if not found:
        raise NoEngineError("it has no id")
    return found


def engine_id_if_any(told: Mapping[str, str] | None = None) -> str:
    """Return the id of the engine that answers, empty where none does."""
    try:
        return engine_id(told)
    except NoEngineError:
        return ""


def platform(told: Mapping[str, str] | None = None) -> str:
    """Return the engine's platform, such as linux/amd64. Raises PlatformUnknownError."""
    version = ["docker", "version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"]
    try:
        return answer(version, ANSWER_SECONDS, told=told)
    except EngineError as error:
        raise PlatformUnknownError(str(error)) from error


def has_image(name: str, told: Mapping[str, str] | None = None) -> bool:
    """Tell whether the engine has an image; return True when that can't be found out."""
    try:
        answer(["docker", "image", "inspect", "--format", "{{.Id}}", name], ANSWER_SECONDS, told=told)
    except EngineError as error:
        return NO_SUCH_IMAGE not in str(error).lower()
    return True


def inspect_image(name: str) -> dict[str, Any]:
    """Return what the engine knows of an image, by name or id. Raises EngineError, also where it has none of it."""
    found: dict[str, Any]
    (found,) = json.loads(answer(["docker", "image", "inspect", name]))
    return found


def inspect_containers(*listed: str) -> list[dict[str, Any]]:
    """Return what the engine knows of the containers that `docker ps` lists with the options `listed`.

    Raises EngineError. A container that goes meanwhile is left out.
    """
    ids = answer(["docker", "ps", "--quiet", "--no-trunc", *listed]).split()
    if not ids:
        return []
    # A container that is gone fails the command, which describes the others all the same.
    found: list[dict[str, Any]] = json.loads(
        text(run(["docker", "inspect", "--type", "container", *ids]).stdout) or "[]"
    )
    return found
