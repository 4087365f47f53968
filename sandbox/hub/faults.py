"""Faults that tests ask for: what a network, a proxy or a Hub in trouble does."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with one request for a file: in the Hub's answer, or while the bytes are sent.

    In the answer: `without` leaves out these headers, as some mirrors do; `sent_on_to` replaces the address of the
    bytes; `status` answers with that HTTP status and with `headers`, or with a page that no Hub sends (`bare`). In the
    bytes: `cut_after` closes the connection after that many of them; `corrupt` changes the first one after the magic;
    `ignore_range` sends the whole file whatever was asked for; `bytes_per_second` slows the answer down; `at` calls a
    function once a number of bytes has been sent.
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
        """Whether it changes the Hub's answer, and not the bytes from its storage."""
        return bool(self.status or self.without or self.sent_on_to)


class Faults:
    """The faults that wait for their request, in the order in which they were added."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault, times: int = 1) -> None:
        """Have the fault happen to the next `times` requests that it applies to."""
        with self._lock:
            self._waiting.extend([fault] * times)

    def clear(self) -> None:
        """Drop the faults that are still waiting."""
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
