"""Measures what a cluster adds over one machine: `python -m benchmarks.cluster`.

The same stack, with the same settings and the sandbox's model, runs on the Docker engine of this machine and in a
cluster of the sandbox of one node. The results go to docs/benchmarks-cluster.json, and from there into
docs/benchmarks.md. One node, since several on this machine would show no network either: they are containers of it.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cluster import report
from benchmarks.cluster.comparison import NAME, QUANTS, Found, compare, stacks
from benchmarks.machine import machine
from benchmarks.server.report import with_tables
from sandbox.errors import SandboxError
from sandbox.kubernetes import cluster as clusters
from sandbox.kubernetes.stack import access, reachable
from sandbox.machine.cache import cache_root
from sandbox.machine.interrupts import Stopped, stoppable
from sandbox.preparation import prepare
from sandbox.show.steps import Steps

DOCS = Path(__file__).resolve().parents[2] / "docs"
RESULTS = DOCS / "benchmarks-cluster.json"
PAGE = DOCS / "benchmarks.md"


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for; return the exit code."""
    chosen = _parser().parse_args(arguments)
    if not chosen.render:
        load = round(os.getloadavg()[0], 2)
        try:
            with stoppable():
                found = measured(chosen.rounds)
        except SandboxError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        except Stopped as stopped:
            return stopped.exit_code
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        facts = {**machine(), "measured": when, "load_1min_at_the_start": load}
        if chosen.quick:
            print(*report.lines_of(facts, found), sep="\n")
            return 0
        RESULTS.write_text(json.dumps({"machine": facts, "cluster": asdict(found)}) + "\n")
    results = json.loads(RESULTS.read_text())
    lines = report.lines_of(results["machine"], report.found_of(results["cluster"]))
    print(*lines, sep="\n")
    PAGE.write_text(with_tables(PAGE.read_text(), lines, report.BEGIN))
    return 0


def measured(rounds: int) -> Found:
    """Start a cluster, bring both stacks up, measure, and take all of it away again.

    Raises SandboxError when a part cannot be prepared, or what is measured fails.
    """
    cache = cache_root()
    for quant in QUANTS:
        prepared = prepare(cache, Steps(cache / "timings.json"), quant)
    with (
        tempfile.TemporaryDirectory() as folder,
        clusters.running(cache, print, NAME, nodes=1) as cluster,
        reachable(cache, print, cluster, prepared) as in_cluster,
        stacks(Path(folder), prepared, in_cluster, cluster) as platforms,
    ):
        # What is asked from here, and not by a child process, goes through kubectl too.
        os.environ.update(access(cluster, dict(os.environ)))
        return compare(platforms, rounds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each figure (default: 3)")
    parser.add_argument("--quick", action="store_true", help="nothing is written")
    parser.add_argument("--render", action="store_true", help="measure nothing: write the tables anew")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
