"""Says in short lines how a download goes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

Say = Callable[[str], None]
"""Tells the person who waits what is being done now, in one short line."""

_MB = 1_000_000


@dataclass
class Progress:
    """Tells how much of `total` bytes has come, at moments that grow apart so that a long download has few lines.

    `before` bytes were there at the start, from an earlier run, and count as done but not as fast.
    """

    file: str
    total: int
    before: int
    say: Say
    clock: Callable[[], float] = time.monotonic
    _start: float = field(init=False)
    _next: float = field(init=False)

    def __post_init__(self) -> None:
        self._start = self.clock()
        self._next = self._start + 2

    def at(self, done: int) -> None:
        """Note that `done` bytes are there now, and say so if it is time."""
        now = self.clock()
        if now < self._next:
            return
        elapsed = now - self._start
        self._next = now + min(30.0, max(5.0, elapsed / 8))
        rate = max(done - self.before, 1) / elapsed
        self.say(
            f"{self.file}: {done / _MB:.0f} of {self.total / _MB:.0f} MB ({done / self.total:.0%}), "
            f"{rate / _MB:.1f} MB/s, about {duration((self.total - done) / rate)} left"
        )

    def finished(self) -> None:
        """Say that everything has come."""
        elapsed = self.clock() - self._start
        self.say(f"{self.file}: all {self.total / _MB:.0f} MB are here, after {duration(elapsed)}")


def duration(seconds: float) -> str:
    """Write a duration for a person: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@dataclass
class Retries:
    """At most `limit` failures in a row; pauses double from `first_pause` to `longest_pause` seconds.

    A pause that a server asks for is taken in portions of up to four times the longest.
    """

    say: Say
    limit: int = 5
    first_pause: float = 1.0
    longest_pause: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    failures: int = 0

    def progressed(self) -> None:
        """Note that something came through: failures are counted from here."""
        self.failures = 0

    def again(self, problem: str, retry_after: float | None = None) -> bool:
        """Say what went wrong and pause; False when it went wrong too often. A server may name a longer pause."""
        self.failures += 1
        if self.failures > self.limit:
            return False
        pause = min(self.longest_pause, self.first_pause * 2 ** (self.failures - 1))
        pause = max(pause, min(retry_after or 0.0, 4 * self.longest_pause))
        self.say(f"{problem}; trying again in {pause:.3g} s ({self.failures} of {self.limit})")
        self.sleep(pause)
        return True
