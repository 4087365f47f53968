"""Ports of this machine."""

import socket

LOOPBACK = "127.0.0.1"
TRIES = 50


def free_port(preferred: int) -> int:
    """Return `preferred` if nothing listens there on loopback, else the next port that is free."""
    for port in range(preferred, preferred + TRIES):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise OSError(f"no port from {preferred} to {preferred + TRIES - 1} is free")
