"""Has the gateways of a cluster ask servers that have proved themselves, without mixing answers of two models.

Run as `python3 -m components.commands.cluster_traffic` with KUBECTL_*, TRAFFIC_INSTANCE and TRAFFIC_CONFIG_MAP, which
name the gateways and what they read at their start, TRAFFIC_LANES, the lanes that the server answers, TRAFFIC_SERVER,
its host:port, and TRAFFIC_CONTEXT, the tokens that it takes, in the environment.
"""

from __future__ import annotations

import os
import sys

from components.kubernetes.gateways import Gateways, Move
from components.kubernetes.kubectl import Target
from components.program.entry import run_to_end, say


def work() -> str:
    """Move the lanes as the environment says; return where they go."""
    gateways = Gateways(
        Target.from_environment(os.environ), os.environ["TRAFFIC_INSTANCE"], os.environ["TRAFFIC_CONFIG_MAP"]
    )
    server, lanes = os.environ["TRAFFIC_SERVER"], os.environ["TRAFFIC_LANES"].split(",")
    for lane in lanes:
        gateways.move(Move(lane=lane, server=server, context=int(os.environ["TRAFFIC_CONTEXT"])), say)
    return f"requests of {' and '.join(lanes)} go to {server}"


if __name__ == "__main__":
    sys.exit(run_to_end(work))
