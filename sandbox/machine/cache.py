"""The cache outside the repository that holds everything the sandbox builds, one entry for each version."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def cache_root() -> Path:
    """Return the folder of the cache: JINA_SEARCH_CACHE, or jina-search in the user's cache folder."""
    chosen = os.environ.get("JINA_SEARCH_CACHE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "jina-search"


def entry(cache: Path, key: str, build: Callable[[Path], None]) -> Path:
    """Return the entry `key` of the cache, calling `build` with an empty folder when there is none.

    The folder gets its final name only when `build` has returned, so an interrupted build leaves no half-made entry.
    Two processes that want the same entry build it once.
    """
    final = cache / key
    if final.is_dir():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{final}.lock"):
        if not final.is_dir():
            partial = final.with_name(final.name + ".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            build(partial)
            partial.rename(final)
    return final


def write_whole(file: Path, text: str) -> None:
    """Write a file in one step: a process that is killed meanwhile leaves the old content, never a part of the new."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.{os.getpid()}")
    partial.write_text(text)
    partial.replace(file)
