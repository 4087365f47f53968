"""Remembers which outside addresses could not be reached, so that not every run waits for them again."""

import json
import time
from pathlib import Path

from filelock import FileLock

from sandbox.machine.cache import write_whole

FILE = "refusals.json"
REMEMBERED_SECONDS = 24 * 60 * 60


def refused_lately(cache: Path, key: str, within_seconds: float = REMEMBERED_SECONDS) -> bool:
    """Tell whether `remember` was called for `key` during the last `within_seconds` (a day by default)."""
    return time.time() - _read(cache).get(key, 0.0) < within_seconds


def remember(cache: Path, key: str) -> None:
    """Note that what `key` names, for instance an image in a registry, could not be reached just now.

    Deleting the file refusals.json in the cache forgets all of them.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{FILE}.lock"):
        write_whole(cache / FILE, json.dumps({**_read(cache), key: time.time()}, indent=1))


def _read(cache: Path) -> dict[str, float]:
    try:
        known = json.loads((cache / FILE).read_text())
        return {str(key): float(moment) for key, moment in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}  # absent or damaged: the worst that follows is one more attempt
