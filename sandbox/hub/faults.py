"""Faults that tests ask for: what a network, a proxy or a Hub in trouble does."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with one request for a file: on the Hub itself (`status`), or while its bytes are sent.

    `status` answers with that HTTP status, and with `headers`, or as no Hub does (`bare`); `cut_after` closes the
    connection after so many bytes of this answer; `corrupt` changes the first byte after the magic; `ignore_range`
    sends the whole file whatever was asked; `bytes_per_second` slows the answer down; `at` calls something once so
    many bytes of this answer were sent.
    """

    method: str = "GET"
    status: int = 0
    retry_after: int | None = None
    bare: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    corrupt: bool = False
    ignore_range: bool = False
    bytes_per_second: int = 0
    at: tuple[int, Callable[[], object]] | None = None


class Faults:
    """The faults that wait for their request, first come first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault, times: int = 1) -> None:
        """Let the next `times` requests that the fault applies to suffer it."""
        with self._lock:
            self._waiting.extend([fault] * times)

    def clear(self) -> None:
        """Forget the faults that no request came for."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str, *, sending: bool) -> Fault | None:
        """Remove and return the next fault for a request, or for the sending of bytes."""
        with self._lock:
            for fault in self._waiting:
                if fault.method == method and sending == (not fault.status):
                    self._waiting.remove(fault)
                    return fault
        return None
