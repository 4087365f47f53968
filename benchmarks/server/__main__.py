"""Measures llama-server as the stack runs it, beside other builds and settings: `python -m benchmarks.server`.

The model is a EuroBERT of the real shape with random weights, which take as long to compute as trained ones. The
results go to docs/benchmarks.json, and from there into the tables and plots of docs/benchmarks.md. With --only, one
part is measured again and replaces that part of the file.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docker.client import DockerClient

from benchmarks.machine import machine
from benchmarks.server import limit, plots, report
from benchmarks.server.comparison import cells, compare, started
from benchmarks.server.quantisations import measure_quantisations
from benchmarks.server.servers import (
    bare_program,
    composed,
    container,
    native_program,
    process,
    stack_environment,
)
from benchmarks.server.variations import measure_variations
from components.settings.quantisations import QUANTS
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import FULL
from sandbox.models.library import ensure_eurobert_model
from tests.fixtures.server_image import build_server_image

DOCS = Path(__file__).resolve().parents[2] / "docs"
RESULTS = DOCS / "benchmarks.json"
PAGE = DOCS / "benchmarks.md"
STARTS = 5


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for, and write the results; return the exit code."""
    chosen = _parser().parse_args(arguments)
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    if not chosen.render:
        rounds = 1 if chosen.quick else chosen.rounds
        image, model = build_server_image(), ensure_eurobert_model(cache_root(), print, "F16", FULL)
        for part in chosen.only or PARTS:
            print(f"--- {part}", flush=True)
            results[part] = PARTS[part](image, model, rounds)
            results["machine"] = {**machine(), **_versions(image)}
            if not chosen.quick:
                RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    lines = report.tables(results)
    print(*lines, sep="\n")
    if not chosen.quick:
        PAGE.write_text(report.with_tables(PAGE.read_text(), lines))
        plots.draw(results, DOCS)
    return 0


def servers(image: str, model: Path, rounds: int) -> list[dict[str, Any]]:
    """Compare the stack's container with the same build bare, a native one, and the docker-compose setup's settings."""
    own = stack_environment(model)
    with ExitStack() as stack:
        running = started(
            stack,
            {
                report.CONTAINER: container(image, model),
                report.BARE: process(bare_program(image), model, own),
                report.NATIVE: process(native_program(), model, own),
                report.COMPOSE: composed(image, model),
            },
        )
        measured = compare(running, cells() if rounds > 1 else cells((16, 128), (1, 4)), rounds)
    return [asdict(one) for one in measured]


def quantisations(image: str, _model: Path, rounds: int) -> list[dict[str, Any]]:
    """Measure every quantisation; only two of them where a quick look is wanted."""
    quants = tuple(QUANTS) if rounds > 1 else tuple(QUANTS)[:2]
    return [asdict(one) for one in measure_quantisations(image, quants, rounds)]


def settings(image: str, model: Path, rounds: int) -> list[dict[str, Any]]:
    """Measure the settings, each varied alone."""
    return [asdict(one) for one in measure_variations(image, model, rounds)]


def cold_start(image: str, model: Path, rounds: int) -> dict[str, Any]:
    """Measure from the start of the container to its first embedding."""
    seconds = []
    for _ in range(STARTS if rounds > 1 else 1):
        with container(image, model) as running:
            seconds.append(round(running.seconds_to_first_embedding, 2))
    return {"seconds": seconds, "median": statistics.median(seconds)}


def hardware(_image: str, _model: Path, _rounds: int) -> dict[str, float]:
    """Measure what the hardware can do at most."""
    return {"flops": limit.measured_flops()}


PARTS: dict[str, Callable[[str, Path, int], Any]] = {
    "hardware": hardware,
    "cold start": cold_start,
    "servers": servers,
    "quantisations": quantisations,
    "settings": settings,
}


def _versions(image: str) -> dict[str, str]:
    engine = DockerClient.from_env()
    labels = engine.images.get(image).labels
    return {
        "docker": str(engine.version()["Version"]),
        "llama_cpp": str(labels.get("org.opencontainers.image.revision", "")),
        "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="measure this part (repeatable)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each comparison (default: 3)")
    parser.add_argument("--quick", action="store_true", help="one round, fewer cases, and nothing is written")
    parser.add_argument("--render", action="store_true", help="measure nothing: write tables and plots anew")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
