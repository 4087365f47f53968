"""DownloadProgress and Retries: what the person who waits is told, and how often."""

import pytest

from components.backoff import Patience
from components.model.progress import DownloadProgress, Retries, readable_duration
from components.say import say_nothing


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def download(seconds: int, total: int, before: int = 0) -> list[str]:
    """Return what is said during a download of even speed that takes so many seconds."""
    said: list[str] = []
    clock = Clock()
    progress = DownloadProgress("m.gguf", total, before, said.append, clock)
    for second in range(1, seconds + 1):
        clock.now = 100.0 + second
        progress.at(before + (total - before) * second // seconds)
    progress.finished()
    return said


def test_a_line_tells_share_speed_and_time_left() -> None:
    assert download(10, 400_000_000)[0] == "m.gguf: 80 of 400 MB (20%), 40.0 MB/s, about 8 s left"


def test_what_was_there_before_counts_as_done_but_not_as_fast() -> None:
    assert download(10, 400_000_000, before=200_000_000)[0] == (
        "m.gguf: 240 of 400 MB (60%), 20.0 MB/s, about 8 s left"
    )


@pytest.mark.parametrize(("seconds", "lines"), [(1, 1), (43, 10), (600, 40)])
def test_a_long_download_has_few_lines(seconds: int, lines: int) -> None:
    said = download(seconds, 431_400_000)
    assert said[-1] == f"m.gguf: all 431 MB are here, after {readable_duration(seconds)}"
    assert len(said) <= lines


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations_are_written_for_people(seconds: float, text: str) -> None:
    assert readable_duration(seconds) == text


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses take no time."""
    taken: list[float] = []
    monkeypatch.setattr("components.model.progress.time.sleep", taken.append)
    return taken


def test_the_count_of_failures_begins_anew_after_progress(pauses: list[float]) -> None:
    said: list[str] = []
    retries = Retries(said.append, Patience(retries=3, first_pause=1, longest_pause=3))
    assert [retries.again("cut") for _ in range(4)] == [True, True, True, False]
    assert pauses == [1, 2, 3]
    retries.progressed()
    assert retries.again("cut")
    assert said[-1] == "cut; trying again in 1 s (1 of 3)"


@pytest.mark.parametrize(("asked", "pause"), [(None, 1), (20, 20), (9999, 120)])
def test_a_server_may_ask_for_a_longer_pause_within_bounds(
    pauses: list[float], asked: float | None, pause: float
) -> None:
    Retries(say_nothing).again("busy", asked)
    assert pauses == [pause]
