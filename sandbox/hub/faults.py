"""Faults that tests ask for: what a network, a proxy or a Hub in trouble does."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with one request for a file: on the Hub itself, or while its bytes are sent.

    On the Hub: `without` leaves these headers out of its answer, as some mirrors do; `sent_on_to` is where it says that
    the bytes are; `status` answers with that HTTP status, and with `headers`, or as no Hub does (`bare`). In the bytes:
    `cut_after` closes the connection after so many of this answer; `corrupt` changes the first one after the magic;
    `ignore_range` sends the whole file whatever was asked; `bytes_per_second` slows the answer down; `at` calls
    something once so many were sent.
    """

    method: str = "GET"
    without: tuple[str, ...] = ()
    sent_on_to: str = ""
    status: int = 0
    retry_after: int | None = None
    bare: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    corrupt: bool = False
    ignore_range: bool = False
    bytes_per_second: int = 0
    at: tuple[int, Callable[[], object]] | None = None

    @property
    def on_the_hub(self) -> bool:
        """Whether it is the Hub's answer that it changes, and not the bytes from its storage."""
        return bool(self.status or self.without or self.sent_on_to)


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
                if fault.method == method and sending != fault.on_the_hub:
                    self._waiting.remove(fault)
                    return fault
        return None
