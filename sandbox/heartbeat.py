"""Tells a person at intervals that a long step is still running."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.cache import Say

SECONDS = 30.0


@contextmanager
def heartbeat(say: Say, what: str, seconds: float = SECONDS) -> Iterator[None]:
    """Say `what` and how long it has been going on, every `seconds` until the block ends."""
    ended = threading.Event()
    start = time.monotonic()

    def beat() -> None:
        while not ended.wait(seconds):
            say(f"{what}: {time.monotonic() - start:.0f} s so far")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
