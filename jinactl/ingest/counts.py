"""What an ingest has done so far."""

import threading
from dataclasses import dataclass, field, fields


@dataclass
class Counts:
    """Documents, or with --chunk their chunks, by what became of them; `read` counts what was read as one document.

    `written` were embedded and written, `fields` written with the embedding that was there, `unchanged` were there
    already. `left` are chunks that are there and that no document has any more, `deleted` those of them deleted.
    """

    read: int = 0
    written: int = 0
    fields: int = 0
    unchanged: int = 0
    rejected: int = 0
    left: int = 0
    deleted: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, **more: int) -> None:
        """Add to some of the numbers; from any thread."""
        with self._lock:
            for name, number in more.items():
                setattr(self, name, getattr(self, name) + number)

    @property
    def present(self) -> int:
        """How many are in the index, of all that were looked at."""
        return self.written + self.fields + self.unchanged

    def as_dict(self) -> dict[str, int]:
        """Return the numbers by name."""
        return {one.name: getattr(self, one.name) for one in fields(self) if not one.name.startswith("_")}
