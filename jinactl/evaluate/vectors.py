"""Vectors that were made before, in a file of this user: a second run, and other dims, cost no embedding."""

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Vectors, one a row."""

ASKED_AT_ONCE = 500
"""Texts in one query of the file; SQLite takes a bounded number of parameters."""


def cache_folder() -> Path:
    """Return the folder of the vectors: in JINA_SEARCH_CACHE, or in jina-search in the user's cache folder."""
    chosen = os.environ.get("JINA_SEARCH_CACHE")
    if chosen:
        return Path(chosen).expanduser().resolve() / "vectors"
    root = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(root).expanduser() / "jina-search" / "vectors"


class VectorCache:
    """The vectors of one model file, by prefix and text; SQLite, so that an interrupted run keeps what it has made.

    Only digests of texts are kept, not the texts.
    """

    def __init__(self, connection: sqlite3.Connection, sha256: str) -> None:
        self._connection = connection
        self._sha256 = sha256
        with connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
            )
            connection.execute("CREATE TABLE IF NOT EXISTS speeds (name TEXT PRIMARY KEY, value REAL)")

    def get(self, prefix: str, texts: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors that are there, by text."""
        by_key = {self._key(prefix, text): text for text in texts}
        keys, found = list(by_key), {}
        for start in range(0, len(keys), ASKED_AT_ONCE):
            some = keys[start : start + ASKED_AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = self._connection.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", some)  # noqa: S608
            found.update({by_key[key]: np.frombuffer(vector, "<f4") for key, vector in rows})
        return found

    def put(self, prefix: str, texts: Sequence[str], vectors: Vectors) -> None:
        """Keep the vectors of texts."""
        rows = [
            (self._key(prefix, text), np.ascontiguousarray(vector, "<f4").tobytes())
            for text, vector in zip(texts, vectors, strict=True)
        ]
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def speed(self, name: str) -> float | None:
        """Return what was last measured under a name."""
        row = self._connection.execute("SELECT value FROM speeds WHERE name = ?", (name,)).fetchone()
        return float(row[0]) if row else None

    def note_speed(self, name: str, value: float) -> None:
        """Keep a measurement: vectors that are there already cannot tell how long they took."""
        with self._connection:
            self._connection.execute("INSERT OR REPLACE INTO speeds VALUES (?, ?)", (name, value))

    def _key(self, prefix: str, text: str) -> bytes:
        told = "\0".join((self._sha256, prefix, text))
        return hashlib.sha256(told.encode(errors="surrogatepass")).digest()


@contextmanager
def open_cache(folder: Path | None, sha256: str) -> Iterator[VectorCache]:
    """Open the vectors of the model file with this SHA-256; without a folder they are forgotten at the end."""
    if folder is None:
        connection = sqlite3.connect(":memory:")
    else:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.connect(folder / f"{sha256[:16]}.sqlite", timeout=60)
    try:
        yield VectorCache(connection, sha256)
    finally:
        connection.close()
