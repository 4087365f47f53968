"""Counts of lost and damaged documents in each case, as rows of the table that ends the session."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest

OUTCOMES = "migration outcomes"
"""The property of a test's report that carries its rows, also from another process."""


COUNTED = {
    "runs": "runs",
    "documents": "documents",
    "lost": "lost",
    "twice": "twice",
    "stale": "stale",
    "fields_lost": "other fields lost",
    "others_touched": "other stacks touched",
}
"""What is counted, and how it is headed."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One case: `runs` faults of one kind, each followed by another `up`.

    `lost`, `twice` and `stale` count documents (stale: the vector is not of the document's text), `fields_lost`
    counts values of other fields, `others_touched` indices, pipelines and endpoints that are none of the stack's.
    """

    change: str
    fault: str
    runs: int
    documents: int
    lost: int
    twice: int
    stale: int
    fields_lost: int
    others_touched: int
    refused_seconds: float | None = None


def added(outcomes: Sequence[Outcome], fault: str) -> Outcome:
    """Return one row for several cases of the same change."""
    return Outcome(
        change=outcomes[0].change,
        fault=fault,
        **{name: sum(getattr(one, name) for one in outcomes) for name in COUNTED},
    )


def table(outcomes: Iterable[Outcome]) -> list[str]:
    """Return the lines of a table, and the sums below it."""
    rows = sorted(outcomes, key=lambda one: (one.fault, one.change))
    lines = [_line("fault", "change", list(COUNTED.values()), "refused")]
    for one in rows:
        refused = "" if one.refused_seconds is None else f"{one.refused_seconds:.2f} s"
        lines.append(_line(one.fault, one.change, [getattr(one, name) for name in COUNTED], refused))
    lines.append(_line("all", "", [sum(getattr(one, name) for one in rows) for name in COUNTED], ""))
    return lines


def _line(fault: str, change: str, counted: Sequence[object], refused: str) -> str:
    numbers = [f"{one:>{len(head)}}" for one, head in zip(counted, COUNTED.values(), strict=True)]
    return f"{fault:<44} {change:<16} {'  '.join(numbers)} {refused:>8}".rstrip()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the table if any test of the session added a row."""
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
        terminalreporter.section("what became of documents, whatever happened")
        for line in table(rows):
            terminalreporter.write_line(line)
