"""The proxies that a build gets, passed on as the `docker` command does: they are neither in the image nor in its tag.

The `docker` command itself passes on those of its own configuration (`proxies` in config.json). Where that has none,
the build gets those of the environment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "FTP_PROXY", "ALL_PROXY")
"""What BuildKit takes as build arguments without a declaration, and keeps out of image and cache (docs.docker.com)."""

CONFIGURED = ("httpProxy", "httpsProxy", "ftpProxy", "allProxy")
"""The same in config.json, below the address of an engine or `default`."""


def proxy_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies for a build, in upper and lower case, because some programs read only one of them."""
    if _configured(environment):
        return {}
    found: dict[str, str] = {}
    for name in NAMES:
        value = environment.get(name) or environment.get(name.lower()) or ""
        if value:
            found |= {name: value, name.lower(): value}
    return found


def _configured(environment: Mapping[str, str]) -> bool:
    """Tell whether the `docker` command's own configuration has a proxy for the engine that it asks."""
    folder = environment.get("DOCKER_CONFIG") or Path(environment.get("HOME", "~"), ".docker").expanduser()
    try:
        content = json.loads(Path(folder, "config.json").read_text())
        proxies = content.get("proxies") or {}
        entry = proxies.get(environment.get("DOCKER_HOST", ""), proxies.get("default")) or {}
        return any(entry.get(name) for name in CONFIGURED)
    except (OSError, ValueError, AttributeError):
        return False
