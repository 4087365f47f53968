"""Evaluates a stack as it was asked for: finds out what can be measured, reads documents and queries, and measures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.elasticsearch.client.client import Client, Requests
from components.elasticsearch.documents.bulk import Document
from components.elasticsearch.fields import VECTOR
from jinactl.errors import CommandError
from jinactl.evaluate.corpus import read_file, read_index, require_readable
from jinactl.evaluate.evaluation import Combinations, Evaluation, Progress, evaluate
from jinactl.evaluate.quants import MeasuredQuant, find_quants
from jinactl.evaluate.rows import EXACT
from jinactl.evaluate.task import make_task, read_questions
from jinactl.evaluate.temporary_index import EvaluationNode
from jinactl.evaluate.vectors import cache_folder
from jinactl.outputs import StackFacts
from jinactl.same_identity import require_index

DEFAULT_OPTION, DEFAULT_SIMILARITY = "int8_hnsw", "cosine"
"""Of an index whose mapping does not say it."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for: files, how much of what, and the lists, of which an empty one means the stack's own."""

    queries: Path | None
    judgements: Path | None
    corpus: Path | None
    most_documents: int
    most_queries: int
    quants: Sequence[str]
    dims: Sequence[int]
    index_options: Sequence[str]
    cache: bool


def evaluate_stack(facts: StackFacts, asked: Asked, shown: Progress) -> Evaluation:
    """Measure what is asked for; raises a StackError, before any work where that can be known then."""
    questions = read_questions(asked.queries, asked.judgements)
    if asked.corpus:
        require_readable(asked.corpus)
    with Client(facts.connection) as client:
        option, similarity = _of_index(client, facts)
        node = EvaluationNode(client, facts.stack_id, similarity)
        quants = _measurable(facts, asked, shown)
        node.remove_left()
        task = make_task(
            _corpus(client, facts, asked),
            questions,
            most_documents=asked.most_documents,
            most_queries=asked.most_queries,
        )
        combinations = Combinations(dims=asked.dims, index_options=asked.index_options or [option, EXACT])
        cache = cache_folder() if asked.cache else None
        return evaluate(node, facts.served, quants, task, combinations, shown=shown, cache=cache)


def _measurable(facts: StackFacts, asked: Asked, shown: Progress) -> list[MeasuredQuant]:
    quants, refused = find_quants(facts.served, asked.quants or [facts.served.quant], shown.say)
    for quant, why in refused.items():
        shown.say(f"{quant} cannot be measured: {why}")
    if not quants:
        raise CommandError("None of the quants that were asked for can be measured; the reasons are above.")
    return quants


def _of_index(client: Requests, facts: StackFacts) -> tuple[str, str]:
    """Return the index option and the similarity of the stack's index."""
    for body in require_index(client, facts).values():
        mapped = body.get("mappings", {}).get("properties", {}).get(VECTOR, {})
        option = mapped.get("index_options", {}).get("type", DEFAULT_OPTION)
        return str(option), str(mapped.get("similarity", DEFAULT_SIMILARITY))
    return DEFAULT_OPTION, DEFAULT_SIMILARITY


def _corpus(client: Requests, facts: StackFacts, asked: Asked) -> Iterator[Document]:
    return read_file(asked.corpus) if asked.corpus else read_index(client, facts.index)
