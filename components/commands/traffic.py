"""Has the gateway ask a server that has proved itself, and waits until the old server has answered the rest.

Run as `python3 -m components.commands.traffic` with TRAFFIC_GATEWAY and TRAFFIC_SERVER, the names of two containers,
TRAFFIC_LANES, the lanes that the server answers, and TRAFFIC_CONTEXT, the tokens that it takes, in the environment.
"""

from __future__ import annotations

import os
import sys

from components.engine.docker_cli import run, text
from components.errors import StackError
from components.program.entry import run_to_end

PATIENCE = 300
"""Seconds that requests to the server before get: a long document takes minutes on a small machine."""


def work() -> str:
    """Move the lanes as the environment says; return where they go."""
    gateway, server = os.environ["TRAFFIC_GATEWAY"], os.environ["TRAFFIC_SERVER"]
    lanes = os.environ["TRAFFIC_LANES"].split(",")
    for lane in lanes:
        move(gateway, lane, server, int(os.environ["TRAFFIC_CONTEXT"]))
    return f"requests of {' and '.join(lanes)} go to {server}"


def move(gateway: str, lane: str, server: str, context: int) -> None:
    """Send the requests of a lane to a server that takes `context` tokens. Raises StackError and EngineError."""
    moving = ["docker", "exec", gateway, "use-server", lane, server, str(PATIENCE), str(context)]
    done = run(moving, seconds=PATIENCE + 60, merge=True)
    if done.returncode != 0:
        raise StackError(
            f"The gateway {gateway} does not send requests of {lane} to {server}, which is ready; they still go where "
            f"they went before. It says:\n{text(done.stdout)}\nIts log: docker logs {gateway}. Run `pulumi up` again."
        )


if __name__ == "__main__":
    sys.exit(run_to_end(work))
