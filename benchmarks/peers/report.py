"""Writes the results as a table and a picture of docs/benchmarks.md."""

from collections.abc import Mapping, Sequence
from math import log2, log10
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FormatStrFormatter

from benchmarks.peers.accuracy import Accuracy
from benchmarks.peers.comparison import CELLS, Cell, Rate, Speed
from benchmarks.peers.engines import PEERS
from benchmarks.peers.own import OWN
from benchmarks.server.report import table

BEGIN = "<!-- peers: made by `python -m benchmarks.peers` from docs/benchmarks-peers.json -->"
PICTURE = "benchmarks-peers.svg"
DRAWN = "Tokens a second of each engine, by how near its embeddings are to those of the reference"

SHOWN = 128
"""Tokens of the texts whose speed the picture shows."""

NEAREST = 1e-6
"""The least difference from a cosine of 1 that float32 tells apart, and the picture shows."""

OURS, OTHERS = "#7c3aed", "#f59e0b"

PLACES: tuple[dict[str, Any], ...] = (
    {"xytext": (6, 0), "ha": "left"},
    {"xytext": (-6, 0), "ha": "right"},
    {"xytext": (0, -11), "ha": "left"},
    {"xytext": (0, 11), "ha": "left"},
)
"""Where the name of a point can stand beside it."""


def lines_of(results: Mapping[str, Any]) -> list[str]:
    """Return the table as lines of Markdown; engines that lack a part have empty cells there."""
    speeds, accuracies = speeds_of(results), accuracies_of(results)
    rows = [_row(name, speeds.get(name), accuracies.get(name)) for name in measured(results)]
    head = ["engine", *(f"{tokens:,} tokens x {texts}" for tokens, texts in CELLS)]
    head += [f"a CPU second, {SHOWN} x 4", "cosine: worst", "mean", "peak, MiB", "first embedding, s"]
    return ["", f"![{DRAWN}]({PICTURE})", "", *table(head, rows), "", _where(results, speeds)]


def shown(results: Mapping[str, Any], name: str) -> str:
    """Return the figures of an engine for a person."""
    row = _row(name, speeds_of(results).get(name), accuracies_of(results).get(name))
    return " | ".join(map(str, row))


def measured(results: Mapping[str, Any]) -> list[str]:
    """Return the engines of which something is known, in the order of the code."""
    return [name for name in (*OWN, *PEERS) if name in results["speed"] or name in results["accuracy"]]


def speeds_of(results: Mapping[str, Any]) -> dict[str, Speed]:
    """Read the speeds back from the results file."""
    return {name: _speed(row) for name, row in results["speed"].items()}


def _speed(row: Mapping[str, Any]) -> Speed:
    cells = [
        Cell(
            tokens=cell["tokens"],
            texts=cell["texts"],
            rounds=[Rate(**one) for one in cell["rounds"]],
            base=[Rate(**one) for one in cell["base"]],
        )
        for cell in row["cells"]
    ]
    return Speed(**{**row, "cells": cells})


def accuracies_of(results: Mapping[str, Any]) -> dict[str, Accuracy]:
    """Read the accuracies back from the results file."""
    return {name: Accuracy(**row) for name, row in results["accuracy"].items()}


def second(rate: Rate) -> float:
    """Return the figure that the table compares."""
    return rate.second


def cpu_second(rate: Rate) -> float:
    """Return the figure that other work of the machine does not touch."""
    return rate.cpu_second


def _row(name: str, speed: Speed | None, accuracy: Accuracy | None) -> list[str]:
    row = [name]
    if speed:
        for tokens, _ in CELLS:
            cell = speed.cell(tokens)
            row.append(f"{cell.median(second):.0f} ({cell.ratio(second):.2f})")
        cell = speed.cell(SHOWN)
        row.append(f"{cell.median(cpu_second):.0f} ({cell.ratio(cpu_second):.2f})")
    else:
        row += [""] * (len(CELLS) + 1)
    row += [f"{accuracy.worst:.5f}", f"{accuracy.mean:.5f}"] if accuracy else ["", ""]
    row += [str(speed.peak_memory_mib), f"{speed.seconds_to_first_embedding:.1f}"] if speed else ["", ""]
    return row


def _where(results: Mapping[str, Any], speeds: Mapping[str, Speed]) -> str:
    machine = results["machine"]
    loads = [one.load for one in speeds.values()] or [0.0]
    times = sorted(one.measured for one in speeds.values())
    when = f"{times[0]} to {times[-1]}" if times else "never"
    text = f"{machine['cores']} cores of {machine['processor']} ({machine['flags']}), {when}, "
    return text + f"load of the machine {min(loads)} to {max(loads)}."


def draw(results: Mapping[str, Any], folder: Path) -> None:
    """Write the picture: a point for each engine of which both parts are known."""
    speeds, accuracies = speeds_of(results), accuracies_of(results)
    points = {
        name: (max(1 - accuracies[name].worst, NEAREST), speeds[name].cell(SHOWN).median(second))
        for name in measured(results)
        if name in speeds and name in accuracies
    }
    # The same figures give the same file.
    with mpl.rc_context({"svg.hashsalt": "jina-search", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 5), layout="constrained")
        axis = figure.subplots()
        axis.set_xlim(1, NEAREST / 10)
        axis.set_xscale("log")
        axis.set_yscale("log", base=2)
        axis.yaxis.set_major_locator(FixedLocator([125.0 * 2**power for power in range(10)]))
        axis.yaxis.set_major_formatter(FormatStrFormatter("%d"))
        for name, point in points.items():
            axis.scatter(*point, color=OURS if name in OWN else OTHERS, zorder=2)
        for (name, point), place in zip(points.items(), places(list(points.values())), strict=True):
            axis.annotate(name, point, textcoords="offset points", fontsize=8, va="center", **PLACES[place])
        marks = [10.0**-power for power in range(7)]
        axis.set_xticks(marks, [f"{1 - mark:.6g}" for mark in marks])
        axis.minorticks_off()
        axis.set_xlabel("cosine with the float32 reference, worst text (to the right: better)")
        axis.set_ylabel(f"tokens/s, {SHOWN} tokens x 4 (logarithmic)")
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
        figure.savefig(folder / PICTURE, metadata={"Date": None})


def places(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return which of PLACES the name of each point has: the next one for each of the points before it that is near."""
    near = [
        [
            other
            for other in points[:number]
            if abs(log10(other[0] / x)) < 0.5 and abs(log2(other[1] / y)) < 0.25
        ]
        for number, (x, y) in enumerate(points)
    ]
    return [len(others) % len(PLACES) for others in near]
