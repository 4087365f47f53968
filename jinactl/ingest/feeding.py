"""Keeps several pieces of work on their way at a time, never two with the same key."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Feeder(Generic[Item]):
    """Has `at_once` threads call `work` with what is put in, and holds no more than twice as much.

    `keys_of` says what must not be worked on twice at a time: work with a key that is on its way waits for it, so that
    of two documents with one id the later one is written later. The threads end with the process.
    """

    def __init__(
        self, work: Callable[[Item], None], keys_of: Callable[[Item], Sequence[str]], at_once: int
    ) -> None:
        self._work, self._keys_of, self._at_once = work, keys_of, at_once
        self._changed = threading.Condition()
        self._queue: deque[Item] = deque()
        self._keys: set[str] = set()
        self._working = 0
        self._failure: BaseException | None = None
        self._closed = False
        # Daemons: a Ctrl-C must not wait until a server has embedded what it was sent.
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(at_once)]
        for thread in self._threads:
            thread.start()

    def put(self, item: Item) -> None:
        """Have something worked on, as soon as there is room; raises what any of the work has raised."""
        keys = set(self._keys_of(item))
        with self._changed:
            while self._failure is None and (len(self._queue) >= self._at_once or keys & self._keys):
                self._changed.wait()
            self._raise_failure()
            self._keys |= keys
            self._queue.append(item)
            self._changed.notify_all()

    def finish(self) -> None:
        """Wait until all is done; raises what any of the work has raised."""
        with self._changed:
            while self._failure is None and (self._queue or self._working):
                self._changed.wait()
            self._raise_failure()

    def close(self) -> None:
        """Begin nothing more."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                item = self._queue.popleft()
                self._working += 1
            failure: BaseException | None = None
            try:
                self._work(item)
            except BaseException as error:  # noqa: BLE001 (whatever it is, it is raised where work is put in)
                failure = error
            with self._changed:
                self._working -= 1
                self._keys -= set(self._keys_of(item))
                self._failure = self._failure or failure
                self._changed.notify_all()
