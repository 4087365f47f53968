"""Which proxies a build is told of, as the `docker` command tells them: they are neither in the image nor in its tag.

The `docker` command itself passes on those of its own configuration (`proxies` in config.json). Where that has none,
the build gets those of the environment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "FTP_PROXY", "ALL_PROXY")
"""What BuildKit takes as build arguments without a declaration, and keeps out of image and cache (docs.docker.com)."""


def proxy_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies to hand to a build, each in capitals and in small letters: some programs read only the one."""
    if _configured(environment):
        return {}
    found: dict[str, str] = {}
    for name in NAMES:
        value = environment.get(name) or environment.get(name.lower()) or ""
        if value:
            found |= {name: value, name.lower(): value}
    return found


def _configured(environment: Mapping[str, str]) -> bool:
    """Tell whether the `docker` command's own configuration has proxies."""
    folder = environment.get("DOCKER_CONFIG") or Path(environment.get("HOME", "~"), ".docker").expanduser()
    try:
        content = json.loads(Path(folder, "config.json").read_text())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and bool(content.get("proxies"))
