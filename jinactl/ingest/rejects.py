"""What was not put in: into a file, or in a few lines for the person."""

import json
import threading
from pathlib import Path
from typing import TextIO

from components.say import Say
from jinactl.errors import CommandError
from jinactl.ingest.entries import Reject

SAID = 5
"""Rejects that are said one by one."""


class Rejects:
    """Takes rejects from any thread: writes them to a file, or says the first of them; `count` is how many came."""

    def __init__(self, say: Say, path: Path | None = None) -> None:
        """Open the file, and leave what is in it; raises CommandError when it cannot be written to."""
        self.count = 0
        self._say = say
        self._path = path
        self._lock = threading.Lock()
        self._file: TextIO | None = None
        if path is not None:
            try:
                self._file = path.open("a", encoding="ascii")
            except OSError as error:
                raise CommandError(f"Rejects cannot be written to {path}: {error.strerror}.") from error

    def begin(self) -> None:
        """Empty the file: what it had of a run before is kept until this one puts documents in."""
        if self._file is not None and self._file.seekable():
            self._file.truncate(0)

    def add(self, reject: Reject) -> None:
        """Take a reject; raises CommandError when it cannot be kept."""
        with self._lock:
            self.count += 1
            if self._file is not None:
                self._write(self._file, reject)
            elif self.count <= SAID:
                self._say(f"rejected: {reject.origin}: {reject.reason}")

    def close(self) -> None:
        """Close the file, and say where the rejects are."""
        if self._file is not None:
            self._file.close()
        if self.count and self._path is not None:
            self._say(
                f"{self.count:,} rejects are in {self._path}, each with the reason and what stood there"
            )
        elif self.count > SAID:
            self._say(f"… and {self.count - SAID:,} more: --rejects FILE keeps all of them")

    def _write(self, file: TextIO, reject: Reject) -> None:
        told = {
            "source": reject.origin.source,
            "line": reject.origin.line,
            "reason": reject.reason,
            "text": reject.origin.text,
        }
        try:
            # ASCII, so that bytes which are not UTF-8 can be told: each is \udc80 to \udcff, as Python reads them.
            file.write(f"{json.dumps(told)}\n")
            file.flush()
        except OSError as error:
            raise CommandError(
                f"Rejects cannot be written to {self._path}: {error.strerror}. Nothing more was put in."
            ) from error
