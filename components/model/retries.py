"""How often, and after which pauses, a request is tried again."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from components.model.progress import Say


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
