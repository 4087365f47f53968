"""Compares every quantisation with the reference, and writes the result into docs/evidence.md.

It needs the extra `parity`, so it runs in a virtual environment of its own: see docs/evidence.md.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from benchmarks.evidence.page import PAGE, renewed
from benchmarks.machine import processor
from benchmarks.parity.comparison import LENGTHS, Compared, Ways, compare, reference_embeddings, texts
from components.settings.quantisations import QUANTS
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import FULL
from sandbox.models.quantise import ensure_quantised
from tests.contract.server.running import running
from tests.fixtures.server_image import build_server_image

RESULTS = PAGE.with_name("evidence-parity.json")

ALL_WAYS = ("F16",)
"""Quants that are asked in every way; the others alone, since how texts are sent has nothing to do with the quant."""


def main(arguments: Sequence[str]) -> int:
    """Measure, and write the part of the page; return the exit code."""
    asked = _parser().parse_args(arguments)
    # It needs torch, which the help does without.
    from benchmarks.parity.reference import ensure_both  # noqa: PLC0415

    image = build_server_image()
    model, folder = ensure_both(cache_root(), FULL)
    tokens = texts(FULL, [one for one in LENGTHS if one <= asked.longest])
    expected = reference_embeddings(folder, tokens)
    for quant in asked.quants.split(","):
        file = ensure_quantised(cache_root(), print, model, quant)
        with running(image, file, quant=quant, serverThreads=str(asked.threads)) as server:
            server.wait_for("healthy")
            ways = Ways if quant in ALL_WAYS else Ways[:1]
            found = compare(server.url, tokens, expected, ways)
        print(quant, *found, sep="\n", flush=True)
        # After each: they take minutes.
        _write(quant, found)
    return 0


def _write(quant: str, compared: list[Compared]) -> None:
    """Put the result of a quant into the file and the page, beside those that were measured before."""
    results: dict[str, list[dict[str, Any]]] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[quant] = [asdict(one) for one in compared]
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    found = {one: [Compared(**cell) for cell in results[one]] for one in QUANTS if one in results}
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(renewed(page, "parity", lines(found)), encoding="utf-8")


def lines(found: dict[str, list[Compared]]) -> list[str]:
    """Return the table: a row for each quant and way, a column for each length."""
    head = ["quant", "sent", *(f"{length:,} token{'s' if length > 1 else ''}" for length in LENGTHS)]
    rows = []
    for quant, compared in found.items():
        for way in dict.fromkeys(one.way for one in compared):
            cosines = {one.tokens: one.cosine for one in compared if one.way == way}
            rows.append([quant, way, *(_cell(cosines.get(length)) for length in LENGTHS)])
    table = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    return [*table, "", f"Measured with transformers {version('transformers')} on {processor()}."]


def _cell(cosine: float | None) -> str:
    return "" if cosine is None else f"{cosine:.6f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity", description=__doc__)
    parser.add_argument("--quants", default=",".join(QUANTS), help="with commas between; by default all")
    parser.add_argument("--threads", type=int, default=0, help="of the server; by default all (0)")
    parser.add_argument(
        "--longest",
        type=int,
        default=max(LENGTHS),
        help=f"the most tokens of a text (default: {max(LENGTHS)})",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
