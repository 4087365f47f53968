"""Serves a folder as the stand-in of the Hub until it is ended: python -m sandbox.hub --root FOLDER --port PORT."""

import argparse
import os
import signal
import threading
from pathlib import Path

from sandbox.hub.repository import FolderRepositories
from sandbox.hub.server import Hub


def main() -> None:
    """Serve, and tell at the health path who serves what."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.hub", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder with OWNER/NAME/FILE")
    parser.add_argument("--port", type=int, required=True, help="port on loopback; 0 takes any")
    parser.add_argument("--version", default="", help="told at the health path")
    arguments = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    health = {"process": os.getpid(), "version": arguments.version, "root": str(arguments.root)}
    with Hub(FolderRepositories(arguments.root), port=arguments.port, health=health) as hub:
        print(f"stand-in of the Hugging Face Hub at {hub.endpoint}, serving {arguments.root}", flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
