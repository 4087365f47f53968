"""Waits, for minutes, for what may pass, and says so: when it begins, why, and when it ends."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from components.backoff import Backoff, Patience
from components.elasticsearch.client.responses import BUSY
from components.elasticsearch.errors import (
    EmbeddingUnavailableError,
    RefusedError,
    StillBusyError,
    UnavailableError,
    UnreachableError,
)
from components.errors import StackError
from components.say import Say

UNSAID = 1.5
"""Seconds of waiting of which nothing is said: a queue that is full for a moment is no news."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0

Answer = TypeVar("Answer")


class StoppedError(StackError):
    """Somebody else has given up, so this waits no longer."""


class Waiting:
    """The patience of all threads together: `seconds` for each thing that is waited for.

    Lines are said when the first of them begins to wait, and when none waits any more.
    """

    def __init__(self, seconds: float, say: Say) -> None:
        self.seconds = seconds
        self.stopped = threading.Event()
        self._say = say
        self._lock = threading.Lock()
        self._said = 0
        self._began = 0.0

    @contextmanager
    def turn(self) -> Iterator["Turn"]:
        """Give something that may be waited for its time; when the block ends well, so does the waiting."""
        turn = Turn(
            self, Backoff(Patience(limit=self.seconds, first_pause=FIRST_PAUSE, longest_pause=LONGEST_PAUSE))
        )
        try:
            yield turn
        except BaseException:
            self._end(turn, well=False)
            raise
        self._end(turn, well=True)

    def through(self, send: Callable[[], Answer]) -> Answer:
        """Return what `send` returns, called again while it raises an error that may pass; raises the last of them."""
        with self.turn() as turn:
            return turn.through(send)

    def begin(self, turn: "Turn", why: str) -> None:
        """Count a turn that waits for longer than a moment, and say why if it is the first."""
        with self._lock:
            self._said += 1
            turn.said = True
            if self._said == 1:
                self._began = time.monotonic()
                minutes = f"{self.seconds / 60:.3g}"
                self._say(f"waiting for up to {minutes} minute{'' if minutes == '1' else 's'}: {why}")

    def _end(self, turn: "Turn", *, well: bool) -> None:
        if not turn.said:
            return
        with self._lock:
            self._said -= 1
            if self._said == 0 and well:
                self._say(f"going on after {time.monotonic() - self._began:.0f} s of waiting")


class Turn:
    """The waiting for one thing."""

    def __init__(self, waiting: Waiting, backoff: Backoff) -> None:
        self.said = False
        self._waiting = waiting
        self._backoff = backoff
        self._began: float | None = None

    def pause(self, why: str) -> bool:
        """Pause before another attempt, `why` being what is waited for; False, at once, when patience is over.

        Raises StoppedError when somebody else has given up.
        """
        if self._began is None:
            self._began = time.monotonic()
            self._backoff.reset()
        pause = self._backoff.next_pause()
        if pause is None:
            return False
        if not self.said and time.monotonic() - self._began >= UNSAID:
            self._waiting.begin(self, why)
        if self._waiting.stopped.wait(pause):
            raise StoppedError("stopped")
        return True

    def through(self, send: Callable[[], Answer]) -> Answer:
        """Return what `send` returns, called again while it raises an error that may pass."""
        while True:
            try:
                return send()
            except StackError as error:
                if not _may_pass(error) or not self.pause(str(error)):
                    raise


def _may_pass(error: StackError) -> bool:
    if isinstance(error, RefusedError):
        return error.status in BUSY
    return isinstance(error, UnavailableError | UnreachableError | EmbeddingUnavailableError | StillBusyError)
