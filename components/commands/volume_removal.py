"""Removes a volume of the Docker engine when a stack gives it up, unless its content must be kept.

Run as `python3 -m components.commands.volume_removal` with VOLUME_REMOVAL_* in the environment. The provider itself
deletes a volume without asking, also when another name replaces it or a program no longer declares it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from components.engine.docker_cli import one_off, run, text
from components.errors import StackError
from components.program.entry import run_to_end

NOT_THERE = "no such volume"
IN_USE = "volume is in use"


class RemovalError(StackError):
    """The volume was not removed; the message says why, and what to do."""


@dataclass(frozen=True)
class Removal:
    """The volume to remove.

    With `kept_unless_empty` it is removed only if it is empty, which a container of `image` checks.
    """

    volume: str
    image: str
    kept_unless_empty: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Removal:
        """Read the removal from VOLUME_REMOVAL_* variables."""
        return cls(
            volume=environment["VOLUME_REMOVAL_VOLUME"],
            image=environment.get("VOLUME_REMOVAL_IMAGE", ""),
            kept_unless_empty=environment.get("VOLUME_REMOVAL_KEPT_UNLESS_EMPTY") == "true",
        )


def remove(removal: Removal) -> str:
    """Remove the volume; return a line that says what was done. Raises RemovalError and EngineError.

    A volume that a container uses is kept: whoever made that container still needs it.
    """
    name = removal.volume
    if removal.kept_unless_empty and not _is_empty(removal):
        return f"Volume {name} is kept, with what is in it. When it may go: docker volume rm {name}"
    done = run(["docker", "volume", "rm", name], merge=True)
    said = text(done.stdout)
    if done.returncode == 0 or NOT_THERE in said.lower():
        return f"Volume {name} is gone."
    if IN_USE in said.lower():
        return (
            f"Volume {name} is kept, for a container uses it: docker ps --all --filter volume={name}\n"
            f"When it may go, remove that container, and: docker volume rm {name}"
        )
    raise RemovalError(f"Volume {name} could not be removed: {said}")


def _is_empty(removal: Removal) -> bool:
    """Tell whether the volume is empty; False if that can't be seen."""
    looked = run(["docker", "volume", "inspect", removal.volume], merge=True)
    if looked.returncode != 0:
        said = text(looked.stdout)
        if NOT_THERE in said.lower():
            return True
        raise RemovalError(f"Whether volume {removal.volume} is empty could not be seen: {said}")
    listing = ["ls", "-A", "/volume"]
    listed = run(one_off(removal.image, listing, user="1000:0", volume=f"{removal.volume}:/volume:ro"))
    return listed.returncode == 0 and not listed.stdout.strip()


def work() -> str:
    """Remove the volume that the environment describes; return what was done."""
    return remove(Removal.from_environment(os.environ))


if __name__ == "__main__":
    sys.exit(run_to_end(work))
