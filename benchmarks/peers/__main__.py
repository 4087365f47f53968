"""Measures the stack's container beside other engines with the same weights: `python -m benchmarks.peers`.

Each engine is loaded beside the container with F16 and llama.cpp's own kernels, and both are asked in turn. The
results go to docs/benchmarks-peers.json, and from there into docs/benchmarks.md; engines that are not asked for keep
what was measured before on the same processor. It needs the extra `peers`, in a virtual environment of its own.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.peers import report
from benchmarks.peers.accuracy import accuracy
from benchmarks.peers.comparison import compare, started
from benchmarks.peers.engines import PEERS
from benchmarks.peers.own import BASE, OWN
from benchmarks.server.report import with_tables

DOCS = Path(__file__).resolve().parents[2] / "docs"
RESULTS = DOCS / "benchmarks-peers.json"
PAGE = DOCS / "benchmarks.md"
PARTS = ("speed", "accuracy")
ENGINES = (*OWN, *PEERS)


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for, and write the results; return the exit code."""
    chosen = _parser().parse_args(arguments)
    if chosen.against:
        against(chosen.engines, chosen.against, chosen.rounds)
        return 0
    if not chosen.render:
        measure(chosen.engines, chosen.only, chosen.rounds, RESULTS)
    results = json.loads(RESULTS.read_text())
    lines = report.lines_of(results)
    print(*lines, sep="\n")
    PAGE.write_text(with_tables(PAGE.read_text(), lines, report.BEGIN))
    report.draw(results, DOCS)
    return 0


def measure(engines: Sequence[str], parts: Sequence[str], rounds: int, file: Path) -> None:
    """Measure the engines one after another, and write the file after each."""
    results = kept(file, facts())
    with started(BASE) as base:
        for name in engines:
            print(f"--- {name}", flush=True)
            with started(name) as engine:
                if "speed" in parts:
                    results["speed"][name] = asdict(compare(engine, base, rounds))
                if "accuracy" in parts:
                    results["accuracy"][name] = asdict(accuracy(engine))
            print(report.shown(results, name), flush=True)
            file.write_text(json.dumps(results) + "\n")


def against(engines: Sequence[str], other: str, rounds: int) -> None:
    """Print how fast engines are beside another one than the usual: a goal that names it is held to it alone."""
    with started(other) as base:
        for name in engines:
            with started(name) as engine:
                speed = asdict(compare(engine, base, rounds))
            print(report.shown({"speed": {name: speed}, "accuracy": {}}, name), flush=True)


def kept(file: Path, here: dict[str, Any]) -> dict[str, Any]:
    """Return the results of the file where they are of this machine, else empty ones."""
    results: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    if results.get("machine") != here:
        return {"machine": here, **{part: {} for part in PARTS}}
    return results


def facts() -> dict[str, Any]:
    """Return the facts of the machine by which figures can be compared."""
    return {key: value for key, value in machine().items() if key in {"processor", "flags", "cores"}}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument(
        "--engines",
        nargs="+",
        choices=ENGINES,
        default=ENGINES,
        metavar="NAME",
        help=f"by default all: {'; '.join(ENGINES)}",
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each cell (default: 3)")
    parser.add_argument("--only", nargs=1, choices=PARTS, default=PARTS, help="measure one part anew")
    parser.add_argument(
        "--against",
        choices=ENGINES,
        metavar="NAME",
        help="print the ratios to this engine instead, and write nothing",
    )
    parser.add_argument("--render", action="store_true", help="measure nothing: write table and plot anew")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
