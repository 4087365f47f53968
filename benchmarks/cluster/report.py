"""Writes what was measured as tables of docs/benchmarks.md."""

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.cluster.comparison import Asked, Found
from benchmarks.cluster.platforms import PARTS
from benchmarks.server.report import table

BEGIN = "<!-- cluster: made by `python -m benchmarks.cluster` from docs/benchmarks-cluster.json -->"
SMALL = 5.0
"""MiB below which a program has no row of its own."""


def found_of(read: dict[str, Any]) -> Found:
    """Read the figures back from the results file."""
    return Found(**{**read, "asked": [Asked(**one) for one in read["asked"]]})


def lines_of(machine: dict[str, Any], found: Found) -> list[str]:
    """Return the tables as lines of Markdown."""
    names = list(found.first)
    where = f"{machine['cores']} cores of {machine['processor']}, {machine['measured']}, "
    where += f"{len(found.asked[0].rounds)} rounds, load of the machine {machine['load_1min_at_the_start']} before "
    where += f"and {machine['load_1min_at_the_end']} at the end."
    head = ["", *names, "against the first"]
    return [
        "",
        *table(head, [*_requests(found, names), *_commands(found, names)]),
        "",
        *table(["memory, MiB", *names], _memory(found.memory, names)),
        "",
        where,
    ]


def percentile(every: Sequence[float], share: float) -> float:
    """Return the value within which this share of all lies."""
    return sorted(every)[min(len(every) - 1, int(share * len(every)))]


def ratio(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    """Return how many times longer `other` took in the median of a round: the median over the rounds."""
    pairs = zip(one, other, strict=True)
    return statistics.median(statistics.median(second) / statistics.median(first) for first, second in pairs)


def _requests(found: Found, names: Sequence[str]) -> list[list[object]]:
    cases: dict[tuple[str, int], dict[str, list[list[float]]]] = {}
    for one in found.asked:
        cases.setdefault((one.place, one.texts), {})[one.platform] = one.rounds
    rows: list[list[object]] = []
    for (place, texts), rounds in cases.items():
        cells = []
        for name in names:
            every = [1000 * seconds for one in rounds[name] for seconds in one]
            cells.append(f"{percentile(every, 0.5):.1f}, {percentile(every, 0.95):.1f}")
        what = f"{texts} {'text' if texts == 1 else 'texts'}, {place}: p50, p95, ms"
        rows.append([what, *cells, f"{ratio(rounds[names[0]], rounds[names[1]]):.2f}"])
    return rows


def _commands(found: Found, names: Sequence[str]) -> list[list[object]]:
    timed = {
        "first `pulumi up`, s": found.first,
        "`pulumi preview` of no change, s": found.preview,
        "`pulumi up` of another `quant`, s": found.quant,
    }
    rows: list[list[object]] = []
    for what, seconds in timed.items():
        rounds = [[[one] for one in seconds[name]] for name in names]
        cells = [f"{statistics.median(seconds[name]):.1f}" for name in names]
        rows.append([what, *cells, f"{ratio(*rounds):.2f}"])
    return rows


def _memory(memory: dict[str, dict[str, dict[str, float]]], names: Sequence[str]) -> list[list[object]]:
    rows: list[list[object]] = []
    for part in PARTS:
        programs = {name: memory[name].get(part, {}) for name in names}
        totals = [f"**{sum(programs[name].values()):.0f}**" if programs[name] else "" for name in names]
        rows.append([f"**{part}**", *totals])
        for program in sorted({program for one in programs.values() for program in one}):
            sizes = [programs[name].get(program, 0.0) for name in names]
            if max(sizes) >= SMALL:
                rows.append([f"`{program}`", *(f"{size:.0f}" if size else "" for size in sizes)])
    return rows
