"""Durations as Go writes and reads them (time.Duration.String, time.ParseDuration)."""

import re

UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


def nanoseconds(duration: str) -> int:
    """Return a duration in Go's form ("1m30s", "500ms", "0") in nanoseconds.

    Raises ValueError for anything else, and for a negative one.
    """
    if duration == "0":
        return 0
    parts = DURATION.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"is not a duration such as 10s, 1m30s or 500ms: {duration!r}")
    return round(sum(float(number) * UNITS[unit] for number, unit in parts))


def go_duration(nanoseconds: int) -> str:
    """Return a duration of so many nanoseconds in Go's form, which has one spelling for each: 300 s are "5m0s"."""
    for unit in ("ns", "µs", "ms"):
        if 0 < nanoseconds < UNITS["s"] and nanoseconds < UNITS[unit] * 1000:
            return f"{_number(nanoseconds, UNITS[unit])}{unit}"
    minutes, rest = divmod(nanoseconds, UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_number(rest, UNITS['s'])}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _number(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
