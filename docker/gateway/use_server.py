#!/usr/bin/python3
"""Sends a lane's new requests to another server, and waits until the one before has answered its own.

use-server LANE NAME SECONDS CONTEXT: LANE is queries or documents, NAME a host on the gateway's network (NAME:PORT with
another port than usual), SECONDS how long to wait at most, and CONTEXT how many tokens a text may have for that server.

Where several gateways share the servers, they are switched as one, so that answers of the two servers never alternate:
use-server hold LANE SECONDS: new requests wait from now on, until the release, and at most for so many seconds.
use-server use LANE NAME 0 CONTEXT: as above, without the wait; given to every gateway while all of them hold the lane.
use-server release LANE: what waits is asked of the server that the lane has now.
use-server wait LANE SECONDS: waits for the servers before, as above.
"""

import json
import os
import socket
import sys

ARGUMENTS = {"hold": 2, "use": 4, "release": 1, "wait": 2}
"""Orders, and how many arguments each has."""


def main() -> int:
    """Give the order to the gateway in this container; return the exit code."""
    order = sys.argv[1:]
    if order and order[0] not in ARGUMENTS:
        order.insert(0, "use")
    if not order or len(order) != ARGUMENTS[order[0]] + 1:
        print(__doc__, file=sys.stderr)
        return 2
    with socket.socket(socket.AF_UNIX) as gateway:
        gateway.connect(os.environ.get("GATEWAY_SOCKET", "/tmp/gateway.sock"))  # noqa: S108 (of the container alone)
        gateway.sendall(json.dumps(order).encode() + b"\n")
        answer = gateway.makefile().readline()
    done, said = json.loads(answer) if answer else (False, "The gateway ended before it answered.")
    if said:
        print(said, file=sys.stderr)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
