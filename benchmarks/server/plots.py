"""Draws the results as the pictures of docs/benchmarks.md."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.server.report import BARE, COMPOSE, CONTAINER, NATIVE, cell_of, measured_of

COLOURS = {CONTAINER: "#7c3aed", BARE: "#94a3b8", NATIVE: "#475569", COMPOSE: "#f59e0b"}
WIDTH = 0.8
"""Of a group of bars, where the groups are 1 apart."""


def draw(results: dict[str, Any], folder: Path) -> None:
    """Write the picture of each measured part that has one."""
    # The same figures give the same file.
    with mpl.rc_context({"svg.hashsalt": "jina-search", "svg.fonttype": "none"}):
        if "servers" in results:
            _save(_servers(results["servers"]), folder / "benchmarks-servers.svg")
        if "quantisations" in results:
            _save(_quantisations(results["quantisations"]), folder / "benchmarks-quantisations.svg")


def _servers(rows: list[dict[str, Any]]) -> Figure:
    measured = measured_of(rows)
    lengths = list(dict.fromkeys(one.tokens for one in measured))
    clients = list(dict.fromkeys(one.clients for one in measured))
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    axes = figure.subplots(1, len(clients), sharey=True)
    for axis, at_a_time in zip(axes, clients, strict=True):
        for number, (server, colour) in enumerate(COLOURS.items()):
            shift = (number - (len(COLOURS) - 1) / 2) * WIDTH / len(COLOURS)
            heights = [cell_of(measured, server, tokens, at_a_time).tokens_per_second for tokens in lengths]
            places = [place + shift for place in range(len(lengths))]
            axis.bar(places, heights, WIDTH / len(COLOURS), color=colour, label=server)
            for place, height in zip(places, heights, strict=True):
                if height == 0:
                    axis.text(
                        place, 0, "refused", rotation=90, ha="center", va="bottom", size=7, color=colour
                    )
        axis.set_xticks(range(len(lengths)), [str(tokens) for tokens in lengths])
        axis.set_title(f"{at_a_time} client{'s' if at_a_time > 1 else ''}", size=10)
        axis.set_xlabel("tokens of a document")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("tokens/s")
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False, fontsize=9
    )
    return figure


def _quantisations(rows: list[dict[str, Any]]) -> Figure:
    quants = [row["quant"] for row in rows]
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    speed, query, memory = figure.subplots(1, 3)
    places = range(len(quants))
    speed.bar(
        [place - 0.2 for place in places],
        [row["short"] for row in rows],
        0.4,
        label="128 tokens, 4 clients",
        color="#7c3aed",
    )
    speed.bar(
        [place + 0.2 for place in places],
        [row["long"] for row in rows],
        0.4,
        label="2048 tokens, alone",
        color="#c4b5fd",
    )
    # Room for the legend above the highest bar.
    speed.set_ylim(top=1.35 * max(row["short"] for row in rows))
    speed.set_title("tokens/s", size=10)
    speed.legend(frameon=False, fontsize=8)
    query.bar(places, [1000 * row["query"] for row in rows], 0.6, color="#7c3aed")
    query.set_title("a query of 16 tokens, ms", size=10)
    memory.bar(
        [place - 0.2 for place in places], [row["file"] for row in rows], 0.4, label="file", color="#94a3b8"
    )
    memory.bar(
        [place + 0.2 for place in places],
        [row["memory_loaded"] for row in rows],
        0.4,
        label="memory, loaded",
        color="#475569",
    )
    memory.set_title("MiB", size=10)
    memory.legend(frameon=False, fontsize=8)
    for axis in (speed, query, memory):
        axis.set_xticks(places, quants, rotation=45, size=8)
        axis.spines[["top", "right"]].set_visible(False)
    return figure


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
