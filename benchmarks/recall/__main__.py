"""Measures recall on a node that it starts: `python -m benchmarks.recall --options bbq_hnsw --dims 128`.

Every way to ask an index is tried, and each result is written to docs/benchmarks-recall.json as it comes, in the
place of an earlier one of the same index. `--render` writes the table of docs/benchmarks.md anew from that file.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.recall.index import VectorIndex
from benchmarks.recall.measurement import Cell, Measured, measure
from benchmarks.recall.report import BEGIN, lines_of
from benchmarks.recall.vectors import CLUSTER_SIZE
from benchmarks.server.report import with_tables
from components.settings.rules.elasticsearch import FEWEST_BINARY_DIMS
from tests.fixtures.elasticsearch_node import start_node

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "benchmarks.md"
RESULTS = DOCS / "benchmarks-recall.json"

JAVA = {"ES_JAVA_OPTS": "-Xms2g -Xmx2g -XX:TieredStopAtLevel=4 --add-modules=jdk.incubator.vector"}
"""As the official image runs: the stand-in is made to start quickly, which makes building graphs slow."""


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for, or only write the table anew; return the exit code."""
    chosen = _parser().parse_args(arguments)
    if not chosen.render:
        _measure(chosen)
    if chosen.json == RESULTS:
        results = json.loads(RESULTS.read_text())
        PAGE.write_text(with_tables(PAGE.read_text(), lines_of(results), BEGIN))
    return 0


def _measure(chosen: argparse.Namespace) -> None:
    with start_node(settings=JAVA) as node:
        # Others may wait for this machine: this does not.
        node.container.update(cpu_shares=chosen.cpu_shares)
        for dims in chosen.dims:
            for options in chosen.options:
                if options.startswith("bbq") and dims < FEWEST_BINARY_DIMS:
                    continue
                cell = Cell(options, dims, tuple(chosen.documents), chosen.cluster_size)
                found = list(measure(VectorIndex(node), cell, chosen.queries, _say))
                _keep(chosen.json, found)


def _keep(file: Path, found: list[Measured]) -> None:
    """Write the results of one index in the place of its former ones."""
    former = json.loads(file.read_text())["recall"] if file.exists() else []
    new = {_index(asdict(one)) for one in found}
    kept = [row for row in former if _index(row) not in new]
    facts = {**machine(), "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")}
    rows = ",\n".join(json.dumps(row) for row in [*kept, *map(asdict, found)])
    file.write_text(f'{{"machine": {json.dumps(facts)},\n"recall": [\n{rows}\n]}}\n')


def _index(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(key) for key in ("options", "dims", "documents", "cluster_size"))


def _say(line: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recall", description=__doc__)
    parser.add_argument("--options", nargs="+", default=["int8_hnsw", "bbq_hnsw", "int4_hnsw", "hnsw"])
    parser.add_argument("--dims", nargs="+", type=int, default=[128, 256, 64, 768, 32, 512])
    parser.add_argument("--documents", nargs="+", type=int, default=[50_000, 100_000], help="rising numbers")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument(
        "--cluster-size", type=int, default=CLUSTER_SIZE, help="documents that are much alike"
    )
    parser.add_argument(
        "--cpu-shares", type=int, default=1024, help="of the node, where others use the machine"
    )
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE")
    parser.add_argument("--render", action="store_true", help="measure nothing: write the table anew")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
