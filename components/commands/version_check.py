"""Refuses an Elasticsearch version that could not read the existing data, while the node that can still runs.

Run as `python3 -m components.commands.version_check` with VERSION_CHECK_* in the environment. Elasticsearch reads data
of its own and the previous major version, and none of a newer version, not even of a newer patch.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.engine.errors import EngineError
from components.engine.info import inspect_containers, inspect_image
from components.program.entry import run_to_end
from components.program.errors import CheckError

LABEL = "org.opencontainers.image.version"
"""Label of an image that says which version is in it; the official image has it."""

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Check:
    """What is compared: the wanted image, by its name and its id, and what ran last with `volume` at `folder`."""

    image_name: str
    image: str
    volume: str
    folder: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Check:
        """Read the check from VERSION_CHECK_* variables."""
        return cls(
            image_name=environment["VERSION_CHECK_IMAGE_NAME"],
            image=environment["VERSION_CHECK_IMAGE"],
            volume=environment["VERSION_CHECK_VOLUME"],
            folder=environment["VERSION_CHECK_FOLDER"],
        )


def run_check(check: Check) -> str:
    """Return a line that says what was seen; an unknown version passes. Raises CheckError and EngineError."""
    wanted = version_of(_image(check.image), check.image_name)
    for container in _nodes(check):
        there = version_of(_image(container["Image"]), container["Config"]["Image"])
        require_readable(there, wanted, f"container {container['Name'].lstrip('/')}")
    return f"Elasticsearch {shown(wanted)} may use volume {check.volume}"


def require_readable(there: Version | None, wanted: Version | None, place: str) -> None:
    """Raise CheckError when data that `there` wrote, in `place`, can't be read by `wanted`."""
    if there is None or wanted is None:
        return
    if wanted < there:
        raise CheckError(
            f"elasticsearchImage is Elasticsearch {shown(wanted)}, and {shown(there)} wrote the data, in "
            f"{place}: no older version can read it, and the node would not start. The node was left as it is. Set "
            f"elasticsearchImage to {shown(there)} or newer. To go back all the same, restore a backup that the older "
            "version made into a new stack."
        )
    if wanted[0] > there[0] + 1:
        raise CheckError(
            f"elasticsearchImage is Elasticsearch {shown(wanted)}, and {shown(there)} wrote the data, in "
            f"{place}: it reads data of version {wanted[0] - 1} at the oldest. The node was left as it is. Set "
            f"elasticsearchImage to the last {there[0] + 1}.x, `pulumi up`, and so on, one major version at a time."
        )


def version_of(image: Mapping[str, Any], name: str) -> Version | None:
    """Return the version of an image, from its label, else from one of its tags or the tag in `name`."""
    labels = (image.get("Config") or {}).get("Labels") or {}
    told = [labels.get(LABEL, ""), *(_tag(one) for one in (name, *(image.get("RepoTags") or [])))]
    return next(filter(None, map(version_in, told)), None)


def version_in(text: str) -> Version | None:
    """Return the version with which a text begins, if any."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text)
    if not found:
        return None
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def shown(version: Version | None) -> str:
    """Return a version as people write it."""
    return "of an unknown version" if version is None else ".".join(map(str, version))


def _tag(image: str) -> str:
    """Return the tag in an image's name: what follows a colon, unless that begins a port or a digest."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def _image(name: str) -> dict[str, Any]:
    """Return what the engine knows of an image; nothing where it has none of the name."""
    try:
        return inspect_image(name)
    except EngineError:
        return {}


def _nodes(check: Check) -> list[dict[str, Any]]:
    """Return what the engine knows of the nodes, running or not, that have the volume."""
    return [
        one
        for one in inspect_containers("--all", "--filter", f"volume={check.volume}")
        if _is_node(one, check)
    ]


def _is_node(container: Mapping[str, Any], check: Check) -> bool:
    """Tell whether a container has the volume where a node has its data: others may only look at it, or copy it."""
    mounts = container.get("Mounts") or []
    return any(one.get("Name") == check.volume and one.get("Destination") == check.folder for one in mounts)


def work() -> str:
    """Run the check that the environment describes; return what was seen."""
    return run_check(Check.from_environment(os.environ))


if __name__ == "__main__":
    sys.exit(run_to_end(work))
