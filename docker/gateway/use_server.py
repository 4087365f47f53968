#!/usr/bin/python3
"""Sends a lane's new requests to another server, and waits until the one before has answered its own.

use-server LANE NAME SECONDS CONTEXT: LANE is queries or documents, NAME a container on the gateway's network, SECONDS
how long to wait at most, and CONTEXT how many tokens a text may have for that server.
"""

import json
import os
import socket
import sys

ARGUMENTS = 4


def main() -> int:
    """Give the order to the gateway in this container; return the exit code."""
    if len(sys.argv) != ARGUMENTS + 1:
        print(__doc__, file=sys.stderr)
        return 2
    with socket.socket(socket.AF_UNIX) as gateway:
        gateway.connect(os.environ.get("GATEWAY_SOCKET", "/tmp/gateway.sock"))  # noqa: S108 (of the container alone)
        gateway.sendall(json.dumps(sys.argv[1:]).encode() + b"\n")
        answer = gateway.makefile().readline()
    done, said = json.loads(answer) if answer else (False, "The gateway ended before it answered.")
    if said:
        print(said, file=sys.stderr)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
