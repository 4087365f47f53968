"""Measures a stack's model on Debian's package descriptions and on news texts, and writes docs/evidence.md.

pulumi stack output --json --show-secrets | python -m benchmarks.evidence --outputs -
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.evidence import debian, news, report
from benchmarks.evidence.page import PAGE, renewed
from benchmarks.machine import processor
from components.elasticsearch.client.client import Client
from jinactl.console import Console
from jinactl.evaluate.command import DEFAULT_SIMILARITY
from jinactl.evaluate.evaluation import Combinations, Evaluation, evaluate
from jinactl.evaluate.quants import MeasuredQuant, find_quants, reached
from jinactl.evaluate.rows import EXACT
from jinactl.evaluate.task import Task
from jinactl.evaluate.temporary_index import EvaluationNode
from jinactl.evaluate.vectors import cache_folder
from jinactl.outputs import StackFacts
from jinactl.stack import read_stack
from sandbox.machine.cache import cache_root

DAY = f"{datetime.now(UTC):%Y-%m-%d}"
DIMS = (768, 512, 256, 128, 64, 32)
PAIRS = (("en", "en"), ("de", "de"), ("fr", "fr"), ("ja", "ja"), ("de", "en"), ("fr", "en"), ("ja", "en"))
INDEX_OPTIONS = (EXACT, "int8_hnsw", "int4_hnsw", "bbq_hnsw")


def main(arguments: Sequence[str]) -> int:
    """Measure, and write the page; return the exit code."""
    asked = _parser().parse_args(arguments)
    facts = read_stack(asked.stack, asked.outputs)
    console = Console()
    wanted = asked.quants.split(",") if asked.quants else [facts.served.quant]
    quants, refused = find_quants(facts.served, wanted, console.say)
    for quant, why in refused.items():
        console.say(f"{quant} cannot be measured: {why}")
    descriptions = debian.read(debian.fetch(cache_root(), DAY), asked.packages)
    with Client(facts.connection) as client:
        node = EvaluationNode(client, facts.stack_id, DEFAULT_SIMILARITY)
        measurement = _Measurement(facts, node, console, quants)
        parts = {
            "subject": [report.subject(facts.served)],
            "languages": measurement.languages(descriptions, asked.queries),
            "combinations": measurement.combinations(descriptions, asked.queries),
            "news": measurement.news(),
        }
    page = PAGE.read_text(encoding="utf-8")
    for name, lines in parts.items():
        page = renewed(page, name, lines)
    PAGE.write_text(page, encoding="utf-8")
    return 0


@dataclass(frozen=True)
class _Measurement:
    """What is measured on one stack, by the means of `jinactl evaluate`: each method returns the lines of a part."""

    facts: StackFacts
    node: EvaluationNode
    console: Console
    quants: Sequence[MeasuredQuant]

    @property
    def dims(self) -> Sequence[int]:
        return [one for one in DIMS if one <= self.facts.served.width]

    def languages(self, descriptions: debian.Descriptions, queries: int) -> list[str]:
        """Measure the first quant by exact search, within each language and across."""
        found = {
            pair: self._search(debian.task(descriptions, *pair, queries), self.quants[:1], [EXACT])
            for pair in PAIRS
        }
        one = next(iter(found.values()))
        return [
            f"nDCG@10 of {one.queries} queries in {one.documents:,} documents, {self.quants[0].quant}, exact search; "
            "in brackets half the width of the 95% interval:",
            "",
            *report.languages_table(found, "ndcg"),
            "",
            "recall@100 of the same:",
            "",
            *report.languages_table(found, "recall"),
        ]

    def combinations(self, descriptions: debian.Descriptions, queries: int) -> list[str]:
        """Measure every quant, dims and index option in English."""
        found = self._search(debian.task(descriptions, "en", "en", queries), self.quants, INDEX_OPTIONS)
        load = os.getloadavg()[0]
        measured = (
            f"{os.cpu_count()} cores of {processor()}, {DAY}, load of the machine {load:.1f} at the end."
        )
        return [*report.combinations_table(found), "", measured]

    def news(self) -> list[str]:
        """Measure how the first quant agrees with people."""
        texts, means = news.fetch(cache_root())
        with reached(self.facts.served, self.quants[0]) as server:
            vectors = server.embed("document", texts)
        return report.news_table(news.agreement(vectors, means, self.dims))

    def _search(self, task: Task, quants: Sequence[MeasuredQuant], options: Sequence[str]) -> Evaluation:
        combinations = Combinations(dims=self.dims, index_options=options)
        served, cache = self.facts.served, cache_folder()
        return evaluate(self.node, served, quants, task, combinations, shown=self.console, cache=cache)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence", description=__doc__)
    parser.add_argument("--stack", default="", help="the Pulumi stack; by default the selected one")
    parser.add_argument(
        "--outputs", default="", help="a file with the stack's outputs, or - for standard input"
    )
    parser.add_argument("--quants", default="", help="with commas between; by default the stack's")
    parser.add_argument("--packages", type=int, default=1000, help="descriptions a language (default: 1000)")
    parser.add_argument("--queries", type=int, default=300, help="queries a language (default: 300)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
