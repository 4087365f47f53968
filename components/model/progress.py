"""Says in short lines how a download goes, and tries again what failed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from components.backoff import Backoff, Patience
from components.say import Say

PATIENCE = Patience(retries=5, first_pause=1.0, longest_pause=30.0)
"""With the Hub: failures in a row, and seconds."""

_MB = 1_000_000


@dataclass
class DownloadProgress:
    """Tells how much of `total` bytes has arrived, at growing intervals, so that a long download prints few lines.

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
            f"{rate / _MB:.1f} MB/s, about {readable_duration((self.total - done) / rate)} left"
        )

    def finished(self) -> None:
        """Say that everything has come."""
        elapsed = self.clock() - self._start
        self.say(f"{self.file}: all {self.total / _MB:.0f} MB are here, after {readable_duration(elapsed)}")


def readable_duration(seconds: float) -> str:
    """Write a duration for a person: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class Retries:
    """Says what went wrong with a request, and pauses before it is tried again, as `patience` has it.

    A longer pause that a server asks for is taken in portions, of up to four times the longest of `patience`.
    """

    def __init__(self, say: Say, patience: Patience = PATIENCE) -> None:
        self.say = say
        self._patience = patience
        self._backoff = Backoff(patience)

    @property
    def failures(self) -> int:
        """The failures since data last arrived."""
        return self._backoff.failures

    def progressed(self) -> None:
        """Note that data arrived, and count failures from zero again."""
        self._backoff.reset()

    def again(self, problem: str, asked: float | None = None) -> bool:
        """Say what went wrong and pause, at least `asked` seconds; return False after too many failures."""
        pause = self._backoff.next_pause(at_least=min(asked or 0.0, 4 * self._patience.longest_pause))
        if pause is None:
            return False
        self.say(
            f"{problem}; trying again in {pause:.3g} s ({self.failures} of {self._patience.retries:.0f})"
        )
        time.sleep(pause)
        return True
