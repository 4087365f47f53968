"""Sends people's requests to a server that has proved itself, and waits for those that the one before still answers.

Run as `python3 -m components.commands.traffic` with TRAFFIC_PROXY and TRAFFIC_SERVER, the names of two containers, in
the environment.
"""

from __future__ import annotations

import os
import sys

from components.commands.engine import EngineError, run
from components.commands.stopping import run_until_stopped

PATIENCE = 300
"""Seconds that requests to the server before get: a long document takes minutes on a small machine."""


def main() -> int:
    """Move the traffic as the environment says; return the exit code."""
    proxy, server = os.environ["TRAFFIC_PROXY"], os.environ["TRAFFIC_SERVER"]
    try:
        done = run(
            ["docker", "exec", proxy, "use-server", server, str(PATIENCE)], seconds=PATIENCE + 60, merge=True
        )
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    said = done.stdout.decode(errors="replace").strip()
    if done.returncode != 0:
        print(
            f"The proxy {proxy} does not send requests to {server}, which is ready; requests still go where they "
            f"went before. It says:\n{said}\nIts log: docker logs {proxy}. Run `pulumi up` again.",
            file=sys.stderr,
        )
        return 1
    print(f"requests go to {server}")
    return 0


if __name__ == "__main__":
    sys.exit(run_until_stopped(main))
