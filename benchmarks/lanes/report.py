"""Writes the results as a table and a picture of docs/benchmarks.md."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.lanes.comparison import ALONE, STACK, Measured
from benchmarks.lanes.load import Outcome, median
from benchmarks.server.report import table

BEGIN = "<!-- lanes: made by `python -m benchmarks.lanes` from docs/benchmarks-lanes.json -->"
PICTURE = "benchmarks-lanes.svg"
DRAWN = "How long queries take while documents are indexed: with one lane, and with two"


def measured_of(rows: list[dict[str, Any]]) -> list[Measured]:
    """Read the figures back from the results file."""
    return [
        Measured(
            variant=row["variant"],
            idle=[Outcome(**one) for one in row["idle"]],
            busy=[Outcome(**one) for one in row["busy"]],
        )
        for row in rows
    ]


def lines_of(machine: dict[str, Any], found: list[Measured]) -> list[str]:
    """Return the table as lines of Markdown."""
    alone = median(next(one for one in found if one.variant == ALONE).busy, lambda one: one.documents)
    rows = []
    for one in found:
        documents = median(one.busy, lambda of: of.documents)
        figures = [
            _milliseconds(outcomes, share) for outcomes in (one.idle, one.busy) for share in (0.5, 0.95)
        ]
        failed = sum(of.failed for of in one.busy)
        refused = sum(of.refused for of in one.busy)
        rows.append([one.variant, *figures, failed, f"{documents:.2f}", f"{documents / alone:.2f}", refused])
    head = ["", "idle p50, ms", "idle p95, ms", "p50 under load, ms", "p95 under load, ms", "searches failed"]
    head += ["documents/s", "against one lane", "documents refused"]
    where = f"{machine['cores']} cores of {machine['processor']}, {machine['measured']}, load of the machine "
    where += f"{machine['load_1min_at_the_end']} at the end."
    return ["", f"![{DRAWN}]({PICTURE})", "", *table(head, rows), "", where]


def draw(found: list[Measured], folder: Path) -> None:
    """Write the picture: how long queries take, for one lane and for two, idle and under load."""
    with mpl.rc_context({"svg.hashsalt": "jina-search", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 3.6), layout="constrained")
        axis = figure.subplots()
        named = {one.variant: one for one in found}
        for label, outcomes, colour in (
            ("one lane, under load", named[ALONE].busy, "#f59e0b"),
            ("two lanes, under load", named[STACK].busy, "#7c3aed"),
            ("two lanes, idle", named[STACK].idle, "#94a3b8"),
        ):
            every = sorted(1000 * second for one in outcomes for second in one.seconds)
            asked = len(every) + sum(one.failed for one in outcomes)
            axis.plot(
                [100 * (number + 1) / asked for number in range(len(every))],
                every,
                color=colour,
                label=label,
                linewidth=2,
            )
        axis.set_yscale("log")
        axis.set_xlim(0, 100)
        axis.set_xlabel("percent of the queries that are answered within this time")
        axis.set_ylabel("ms (logarithmic)")
        axis.grid(axis="y", alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=9)
        figure.savefig(folder / PICTURE, metadata={"Date": None})


def _milliseconds(outcomes: list[Outcome], share: float) -> str:
    figure: Callable[[Outcome], float] = lambda one: one.percentile(share)  # noqa: E731 (its type is told)
    found = median(outcomes, figure)
    return "never" if found == float("inf") else f"{1000 * found:.0f}"
