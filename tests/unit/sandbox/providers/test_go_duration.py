"""Durations as Go writes and reads them."""

import pytest

from sandbox.providers.docker.go_duration import go_duration, nanoseconds


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("0", 0),
        ("0s", 0),
        ("3s", 3 * 10**9),
        ("1m30s", 90 * 10**9),
        ("1.5h", 5400 * 10**9),
        ("500ms", 5 * 10**8),
        ("7us", 7000),
    ],
)
def test_durations_are_gos(duration: str, expected: int) -> None:
    assert nanoseconds(duration) == expected


@pytest.mark.parametrize("duration", ["", "3", "s", "3 s", "-3s", "3d", "3s!"])
def test_other_durations_are_refused(duration: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        nanoseconds(duration)


@pytest.mark.parametrize(
    ("given", "read_back"),
    [
        ("0", "0s"),
        ("3s", "3s"),
        ("60s", "1m0s"),
        ("180s", "3m0s"),
        ("300s", "5m0s"),
        ("3600s", "1h0m0s"),
        ("1.5s", "1.5s"),
        ("1500ms", "1.5s"),
        ("500ms", "500ms"),
        ("1500us", "1.5ms"),
        ("7us", "7µs"),
        ("90m", "1h30m0s"),
    ],
)
def test_a_duration_is_read_back_in_the_one_form_that_go_writes(given: str, read_back: str) -> None:
    assert go_duration(nanoseconds(given)) == read_back
    assert nanoseconds(read_back) == nanoseconds(given)
