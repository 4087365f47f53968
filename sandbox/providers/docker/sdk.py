"""Loads the docker package when it is first needed, which is not before the provider is configured."""

import importlib
import threading

_lock = threading.Lock()


def load() -> None:
    """Load the docker package once: its modules import one another, which breaks when two threads load them at a time.

    To be called before every import from it within a function.
    """
    with _lock:
        importlib.import_module("docker")
