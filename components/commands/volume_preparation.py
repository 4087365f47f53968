"""Lets the node write to a volume that is mounted where its image has no folder: root owns such a volume.

Run as `python3 -m components.commands.volume_preparation` with VOLUME_PREPARATION_* in the environment: the volume,
the image of the node, and the user and group that it runs as.
"""

from __future__ import annotations

import os
import sys

from components.engine.docker_cli import one_off, run, text
from components.errors import StackError
from components.program.entry import run_to_end


def command(volume: str, image: str, owner: str) -> list[str]:
    """Return the command that gives the root of the volume to `owner`, with only the capability that it needs."""
    changing = ["chown", owner, "/volume"]
    return one_off(image, changing, user="0:0", volume=f"{volume}:/volume", capabilities=["CHOWN"])


def work() -> str:
    """Prepare the volume that the environment names; return what was done."""
    names = ("VOLUME", "IMAGE", "OWNER")
    volume, image, owner = (os.environ[f"VOLUME_PREPARATION_{name}"] for name in names)
    done = run(command(volume, image, owner), merge=True)
    if done.returncode != 0:
        raise StackError(f"Volume {volume} could not be made writable for user {owner}: {text(done.stdout)}")
    return f"volume {volume} belongs to {owner}"


if __name__ == "__main__":
    sys.exit(run_to_end(work))
