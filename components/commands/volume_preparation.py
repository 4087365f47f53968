"""Lets the node write to a volume that is mounted where its image has no folder: such a volume belongs to root.

Run as `python3 -m components.commands.volume_preparation` with VOLUME_PREPARATION_* in the environment: the volume,
the image of the node, and the user and group that it runs as.
"""

from __future__ import annotations

import os
import sys

from components.commands.engine import EngineError, run
from components.commands.stopping import run_until_stopped


def command(volume: str, image: str, owner: str) -> list[str]:
    """Return the command that gives the root of the volume to `owner`, with no right but the one which that needs."""
    container = ["docker", "run", "--rm", "--network", "none", "--cap-drop", "ALL", "--cap-add", "CHOWN"]
    container += ["--security-opt", "no-new-privileges", "--user", "0:0", "--read-only"]
    return [*container, "--volume", f"{volume}:/volume", "--entrypoint", "chown", image, owner, "/volume"]


def main() -> int:
    """Prepare the volume that the environment names; return the exit code."""
    names = ("VOLUME", "IMAGE", "OWNER")
    volume, image, owner = (os.environ[f"VOLUME_PREPARATION_{name}"] for name in names)
    try:
        done = run(command(volume, image, owner), merge=True)
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    if done.returncode != 0:
        said = done.stdout.decode(errors="replace").strip()
        print(f"Volume {volume} could not be made writable for user {owner}: {said}", file=sys.stderr)
        return 1
    print(f"volume {volume} belongs to {owner}")
    return 0


if __name__ == "__main__":
    sys.exit(run_until_stopped(main))
