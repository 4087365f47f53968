"""How long to retry something that fails, and how long to pause between attempts."""

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to go on trying: for `limit` seconds in all, and `retries` times after the first attempt.

    Pauses begin with `first_pause` seconds and double up to `longest_pause` seconds.
    """

    limit: float = math.inf
    retries: float = math.inf
    first_pause: float = 0.5
    longest_pause: float = 10.0


class Backoff:
    """Counts failed attempts at something, and pauses before the next one until patience is over.

    In the handler of an error that may pass: `if not backoff.again(): raise`.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self.reset()

    def reset(self) -> None:
        """Start over after a success: with no failures, the first pause and the full time."""
        self.failures = 0
        self._pause = self._patience.first_pause
        self._began = time.monotonic()

    def again(self, *, limit: float | None = None) -> bool:
        """Count a failure and pause before the next attempt; return False without a pause when patience is over.

        `limit` replaces the limit of the patience for this failure.
        """
        pause = self.next_pause(limit=limit)
        if pause is None:
            return False
        time.sleep(pause)
        return True

    def next_pause(self, *, limit: float | None = None, at_least: float = 0.0) -> float | None:
        """Count a failure; return the seconds to pause before the next attempt, or None when patience is over.

        This is for callers that tell people how long they wait, or that were asked to wait `at_least` some seconds.
        """
        self.failures += 1
        pause = max(self._pause, at_least)
        self._pause = min(2 * self._pause, self._patience.longest_pause)
        ends = self._began + (self._patience.limit if limit is None else limit)
        if self.failures > self._patience.retries or time.monotonic() + pause > ends:
            return None
        return pause
