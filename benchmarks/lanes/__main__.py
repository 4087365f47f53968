"""Measures one lane against two, under load: `python -m benchmarks.lanes`.

The model is a EuroBERT of the real shape with random weights; 20 clients send documents of 130 tokens, and a query is
asked every tenth of a second. The results go to docs/benchmarks-lanes.json, and from there into docs/benchmarks.md.
With --outputs the whole chain of a stack that is up is measured instead: 4 clients index by _bulk of 200, and searches
go through Elasticsearch. It prints what was found, and ends with 1 where a bar was missed.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.lanes import report
from benchmarks.lanes.comparison import compare, shown
from benchmarks.lanes.node import Stack, through_the_node
from benchmarks.machine import machine
from benchmarks.server.report import with_tables
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import FULL
from sandbox.models.library import ensure_eurobert_model
from tests.fixtures.gateway_image import build_gateway_image
from tests.fixtures.server_image import build_server_image

DOCS = Path(__file__).resolve().parents[2] / "docs"
RESULTS = DOCS / "benchmarks-lanes.json"
PAGE = DOCS / "benchmarks.md"


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for; return the exit code."""
    chosen = _parser().parse_args(arguments)
    if chosen.outputs:
        return searched_while_indexing(json.loads(chosen.outputs.read_text()), chosen.documents, chosen.json)
    if not chosen.render:
        images = build_server_image(), build_gateway_image()
        model = ensure_eurobert_model(cache_root(), print, "F16", FULL)
        found = compare(*images, model, chosen.rounds, chosen.seconds)
        facts = {**machine(), "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")}
        if chosen.quick:
            print(*report.lines_of(facts, found), sep="\n")
            return 0
        RESULTS.write_text(json.dumps({"machine": facts, "lanes": [asdict(one) for one in found]}) + "\n")
    results = json.loads(RESULTS.read_text())
    found = report.measured_of(results["lanes"])
    lines = report.lines_of(results["machine"], found)
    print(*lines, sep="\n")
    PAGE.write_text(with_tables(PAGE.read_text(), lines, report.BEGIN))
    report.draw(found, DOCS)
    return 0


def searched_while_indexing(outputs: dict[str, Any], documents: int, file: Path | None) -> int:
    """Measure a stack that is up; write what was found to `file`; return 1 where a bar was missed."""
    found = through_the_node(Stack.of(outputs), documents)
    print(f"idle: {shown(found.idle)}", f"under load: {shown(found.busy)}", *found.reasons, sep="\n")
    missed = found.missed()
    print(*(f"missed: {bar}" for bar in missed), sep="\n")
    if file:
        file.write_text(json.dumps({"machine": machine(), **asdict(found)}) + "\n")
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lanes", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each variant (default: 3)")
    parser.add_argument("--seconds", type=float, default=40, help="seconds under load (default: 40)")
    parser.add_argument("--quick", action="store_true", help="nothing is written")
    parser.add_argument("--render", action="store_true", help="measure nothing: write table and plot anew")
    parser.add_argument("--outputs", type=Path, metavar="FILE", help="outputs of a stack that is up, as JSON")
    parser.add_argument("--documents", type=int, default=10_000, help="with --outputs (default: 10000)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="with --outputs: where the figures go")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
