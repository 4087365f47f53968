"""The provider setting `registryAuth`: who the provider is to the registries that it pulls from."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

DOCKER_HUB = "docker.io"
"""The registry of names without one. The official provider knows it by other addresses too; the stand-in does not."""


def read(setting: Any) -> tuple[Mapping[str, str], ...]:
    """Return the entries of the setting, which the CLI hands over as JSON or as they are."""
    entries = json.loads(setting) if isinstance(setting, str) else setting
    return tuple(entries or ())


def credentials(entries: Iterable[Mapping[str, str]], image: str) -> dict[str, str] | None:
    """Return the user and password for the registry of `image`, as the engine's API takes them; None without any."""
    registry = registry_of(image)
    for entry in entries:
        address = entry.get("address", "").partition("://")[2] or entry.get("address", "")
        host = address.partition("/")[0]
        if host == registry:
            return {"username": entry.get("username", ""), "password": entry.get("password", "")}
    return None


def registry_of(image: str) -> str:
    """Return the registry in an image's name: what precedes the first slash where that is a host, else Docker Hub."""
    first, slash, _ = image.partition("/")
    return first if slash and (first == "localhost" or "." in first or ":" in first) else DOCKER_HUB
