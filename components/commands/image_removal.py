"""Removes the images that a stack has built, those of earlier settings included.

Run as `python3 -m components.commands.image_removal` with IMAGE_REMOVAL_* in the environment. The build
cache stays, so the same image can be built again in seconds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from components.engine.docker_cli import answer, run, text
from components.engine.errors import EngineError
from components.engine.info import NO_SUCH_IMAGE, inspect_containers
from components.errors import StackError
from components.program.entry import run_to_end

SERVER_KINDS = ("cpu", "cuda")
GATEWAY_KINDS = ("gateway", "proxy")
"""The second is what earlier versions had in the gateway's place."""

KINDS = (*SERVER_KINDS, *GATEWAY_KINDS)
"""How the tags of the stack's images begin; a digest follows, and the stack's id."""

IN_USE = "conflict"


@dataclass(frozen=True)
class Removal:
    """The images of these `kinds` of the stack with the id `owner`; `unused_alone` keeps those that containers use.

    Without it a name is also removed if containers use the image under another stack's name: the image itself stays.
    """

    owner: str
    kinds: tuple[str, ...]
    unused_alone: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Removal:
        """Read the removal from IMAGE_REMOVAL_* variables."""
        return cls(
            owner=environment.get("IMAGE_REMOVAL_OWNER", "").strip(),
            kinds=tuple(environment.get("IMAGE_REMOVAL_KINDS", ",".join(KINDS)).split(",")),
            unused_alone=environment.get("IMAGE_REMOVAL_UNUSED_ALONE") == "true",
        )


def remove(removal: Removal) -> str:
    """Remove the images; return a line for each that says what was done. Raises EngineError."""
    used = {one["Image"] for one in inspect_containers("--all")} if removal.unused_alone else set()
    lines = []
    for name, identifier in _named(removal):
        if identifier in used:
            lines.append(f"Image {name} is kept: a container uses it.")
            continue
        done = run(["docker", "image", "rm", name], merge=True)
        said = text(done.stdout)
        if done.returncode == 0 or NO_SUCH_IMAGE in said.lower():
            lines.append(f"Image {name} is gone.")
        elif IN_USE in said.lower():
            lines.append(f"Image {name} is kept: a container uses it.")
        else:
            raise EngineError(f"Image {name} could not be removed: {said}")
    return "\n".join(lines) or "There is no image to remove."


def is_of(tag: str, removal: Removal) -> bool:
    """Tell whether a tag, which is KIND-DIGEST-ID where a stack gives it, is one of those to remove."""
    kind, _, rest = tag.partition("-")
    digest, _, stack = rest.partition("-")
    return kind in removal.kinds and bool(digest) and stack == removal.owner


def _named(removal: Removal) -> list[tuple[str, str]]:
    listed = answer(["docker", "image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"])
    images = [line.rpartition(" ") for line in listed.splitlines()]
    return [(name, image) for name, _, image in images if is_of(name.rpartition(":")[2], removal)]


def work() -> str:
    """Remove the images that the environment describes; return what was done with each."""
    removal = Removal.from_environment(os.environ)
    if not removal.owner:
        raise StackError(
            "Whose images are to go is not known. Where Pulumi knows the stack: `make clean-images STACK=NAME`. "
            "Else give its id, which is at the end of its images' tags: `make clean-images STACK_ID=ID`."
        )
    return remove(removal)


if __name__ == "__main__":
    sys.exit(run_to_end(work))
