"""Shows what a long preparation is doing: timed lines, what runs at the same time, and how long it took last time."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.say import Say
from sandbox.machine import process
from sandbox.machine.cache import write_whole

HEARTBEAT_SECONDS = 30.0
STOPPED_WITHIN = 2.0
"""Seconds that work has to end when the processes that it waited for have been stopped."""
SLOW_SECONDS = 2.0
"""Steps that took less than this are over before a line about them would help."""


class Steps:
    """Named steps, some of them at the same time; each is timed and shown to the person who waits.

    The time that each step took is kept in `timings`, a JSON file, and shown in the next run.
    """

    def __init__(self, timings: Path, write: Callable[[str], None] | None = None) -> None:
        self._timings = timings
        self._write = write or (lambda line: print(line, flush=True))
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._running: dict[str, float] = {}
        self._last: dict[str, float] = json.loads(timings.read_text()) if timings.is_file() else {}
        self.took: dict[str, float] = {}

    def line(self, name: str, text: str) -> None:
        """Write one line of step `name`."""
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        with self._lock:
            self._write(f"[{minutes:2}:{seconds:02}] {name}: {text}")

    @contextmanager
    def step(self, name: str) -> Iterator[Say]:
        """Time what happens inside; call the value with each short line about it."""
        begin = time.monotonic()
        spoken = False

        def say(text: str) -> None:
            nonlocal spoken
            expected = (
                "" if spoken or name not in self._last else f" (last time {duration(self._last[name])})"
            )
            spoken = True
            self.line(name, text + expected)

        self._running[name] = begin
        try:
            yield say
        except BaseException as error:
            stopped = self._stopping.is_set() or isinstance(error, KeyboardInterrupt)
            how = "stopped after {}" if stopped else "failed after {}; what runs beside it ends first"
            self.line(name, how.format(duration(time.monotonic() - begin)))
            raise
        finally:
            del self._running[name]
            self.took[name] = time.monotonic() - begin
        if spoken:
            self.line(name, f"done in {duration(self.took[name])}")

    def together(self, work: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
        """Run all of `work` at the same time and return the results by name; the first error ends the wait.

        When this program is asked to stop, the processes that the work waits for are stopped too, and the wait ends in
        seconds. The cache stays whole: an entry appears in it only when it is complete.
        """
        stop = threading.Event()
        heartbeat = threading.Thread(target=self._heartbeat, args=(stop,), daemon=True)
        heartbeat.start()
        futures: dict[str, Future[Any]] = {name: Future() for name in work}
        try:
            for name, run in work.items():
                # Daemons, as no thread can be interrupted: what is asked to stop waits for none of them.
                threading.Thread(target=_fulfil, args=(futures[name], run), name=name, daemon=True).start()
            ended = wait(futures.values(), return_when=FIRST_EXCEPTION)
            wait(ended.not_done)
            return {name: future.result() for name, future in futures.items()}
        except KeyboardInterrupt:
            self._stopping.set()
            process.stop_all()
            wait(futures.values(), timeout=STOPPED_WITHIN)
            raise
        finally:
            stop.set()
            heartbeat.join()

    def remember(self) -> None:
        """Keep the times of the steps that took long enough to be worth expecting."""
        slow = {name: seconds for name, seconds in self.took.items() if seconds >= SLOW_SECONDS}
        write_whole(self._timings, json.dumps(self._last | slow, indent=2))

    def _heartbeat(self, stop: threading.Event) -> None:
        while not stop.wait(HEARTBEAT_SECONDS):
            now = time.monotonic()
            running = [f"{name} ({duration(now - began)})" for name, began in list(self._running.items())]
            if running:
                self.line("working", ", ".join(running))


def _fulfil(future: Future[Any], run: Callable[[], Any]) -> None:
    try:
        future.set_result(run())
    except BaseException as error:  # noqa: BLE001 (whoever waits for the result raises it)
        future.set_exception(error)


def duration(seconds: float) -> str:
    """Write a time as people read it: 0.4 s, 12 s, 3 min 20 s."""
    if seconds < 1:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s"
