"""What became of people's documents in each case, as rows of the table that ends the session."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest

OUTCOMES = "migration outcomes"
"""The property of a test's report that carries its rows, also from another process."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One case: `runs` faults of a kind, of which each was followed by another `up`."""

    change: str
    fault: str
    runs: int
    documents: int
    lost: int
    twice: int
    refused_seconds: float | None = None


def added(outcomes: Sequence[Outcome], fault: str) -> Outcome:
    """Return one row for several cases of the same change."""
    return Outcome(
        change=outcomes[0].change,
        fault=fault,
        runs=sum(one.runs for one in outcomes),
        documents=sum(one.documents for one in outcomes),
        lost=sum(one.lost for one in outcomes),
        twice=sum(one.twice for one in outcomes),
    )


def table(outcomes: Iterable[Outcome]) -> list[str]:
    """Return the lines of a table, and the sums below it."""
    rows = sorted(outcomes, key=lambda one: (one.fault, one.change))
    lines = [
        f"{'fault':<44} {'change':<16} {'runs':>5} {'documents':>9} {'lost':>5} {'twice':>5} {'refused':>8}"
    ]
    for one in rows:
        refused = "" if one.refused_seconds is None else f"{one.refused_seconds:.2f} s"
        lines.append(
            f"{one.fault:<44} {one.change:<16} {one.runs:>5} {one.documents:>9} {one.lost:>5} {one.twice:>5} "
            f"{refused:>8}"
        )
    sums = [sum(getattr(one, name) for one in rows) for name in ("runs", "documents", "lost", "twice")]
    lines.append(f"{'all':<61} {sums[0]:>5} {sums[1]:>9} {sums[2]:>5} {sums[3]:>5}")
    return lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the table of all tests of the session, where there were any."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    rows = [
        Outcome(**row)
        for report in reports
        if getattr(report, "when", "") == "teardown"
        for name, found in report.user_properties
        if name == OUTCOMES
        for row in found
    ]
    if rows:
        terminalreporter.section("documents lost by migrations under faults")
        for line in table(rows):
            terminalreporter.write_line(line)
