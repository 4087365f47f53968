"""Sends people's requests to a server that has proved itself, and waits until the old server has answered the rest.

Run as `python3 -m components.commands.traffic` with TRAFFIC_PROXY and TRAFFIC_SERVER, the names of two containers, in
the environment.
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
    """Move the traffic as the environment says; return where it goes."""
    proxy, server = os.environ["TRAFFIC_PROXY"], os.environ["TRAFFIC_SERVER"]
    moving = ["docker", "exec", proxy, "use-server", server, str(PATIENCE)]
    done = run(moving, seconds=PATIENCE + 60, merge=True)
    if done.returncode != 0:
        raise StackError(
            f"The proxy {proxy} does not send requests to {server}, which is ready; requests still go where they "
            f"went before. It says:\n{text(done.stdout)}\nIts log: docker logs {proxy}. Run `pulumi up` again."
        )
    return f"requests go to {server}"


if __name__ == "__main__":
    sys.exit(run_to_end(work))
