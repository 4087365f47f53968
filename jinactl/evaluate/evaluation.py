"""Measures every combination that is asked for: vectors once for a quant, and from them all dims and index options."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from components.elasticsearch.errors import RefusedError
from jinactl.evaluate.embedding import Advance, Embedded, embed_all
from jinactl.evaluate.exact import cut, nearest
from jinactl.evaluate.measures import DEEP, SHOWN, Ranking, Scores, estimate, ndcg_of, recall_of
from jinactl.evaluate.quants import MeasuredQuant, reached
from jinactl.evaluate.rows import EXACT, Recommendation, Row, bytes_of, recommend
from jinactl.evaluate.task import Task
from jinactl.evaluate.temporary_index import EvaluationNode, Found
from jinactl.evaluate.vectors import Vectors, open_cache
from jinactl.outputs import ServedModel

SMALLEST_BINARY = 64
"""Dims from which on Elasticsearch allows binary quantisation."""


class Progress(Protocol):
    """How a person sees what is going on."""

    def say(self, line: str) -> None:
        """Show one line."""

    def progress(self, what: str, total: int | None) -> AbstractContextManager[Advance]:
        """Show how far something is while the block runs."""


@dataclass(frozen=True, kw_only=True)
class Combinations:
    """The dims and index options to measure for each quant."""

    dims: Sequence[int]
    index_options: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What was measured, and what it says."""

    rows: Sequence[Row]
    recommendation: Recommendation
    documents: int
    of: int
    queries: int
    model: str
    notes: Sequence[str]


@dataclass(frozen=True)
class _Measured:
    """What was found in one combination, before it is compared with others."""

    dims: int
    index_option: str
    ndcg: Scores
    recall: Scores
    search_ms: float


def evaluate(
    node: EvaluationNode,
    served: ServedModel,
    quants: Sequence[MeasuredQuant],
    task: Task,
    combinations: Combinations,
    *,
    shown: Progress,
    cache: Path | None,
) -> Evaluation:
    """Measure the combinations of each quant; `cache` is the folder of vectors, None where none are kept.

    Raises an EmbeddingError or another StackError; what was embedded by then stays in the cache.
    """
    found: list[tuple[str, Embedded, _Measured]] = []
    notes = list(task.notes)
    if len(task.documents) <= 2 * DEEP:
        notes.append(
            f"recall@100 says little of {len(task.documents)} documents: nearly all of them are hits"
        )
    for quant in quants:
        embedded, shortened = _embed(served, quant, task, shown, cache)
        if shortened:
            notes.append(
                f"{quant.quant}: of {shortened} texts too long for the model, the beginning was embedded"
            )
        steps = len(combinations.dims) * len(combinations.index_options)
        with shown.progress(f"{quant.quant}: searching", steps * len(task.queries)) as advance:
            for one in _measure(node, task, embedded, combinations, notes.append):
                found.append((quant.quant, embedded, one))
                advance(len(task.queries))
    rows = _rows(found)
    return Evaluation(
        rows=rows,
        recommendation=recommend(rows, len(task.queries)),
        documents=len(task.documents),
        of=task.of,
        queries=len(task.queries),
        model=served.name,
        notes=notes,
    )


def _embed(
    served: ServedModel, quant: MeasuredQuant, task: Task, shown: Progress, cache: Path | None
) -> tuple[Embedded, int]:
    texts = [one.content for one in task.documents]
    queries = [one.text for one in task.queries]
    with (
        open_cache(cache, quant.sha256) as kept,
        reached(served, quant) as server,
        shown.progress(f"{quant.quant}: embedding", len(texts) + len(queries)) as advance,
    ):
        embedded = embed_all(server, kept, texts, queries, prefixes=served.prefixes, advance=advance)
        return embedded, server.shortened


def _measure(
    node: EvaluationNode,
    task: Task,
    embedded: Embedded,
    combinations: Combinations,
    note: Callable[[str], None],
) -> Iterator[_Measured]:
    for dims in combinations.dims:
        documents, queries = cut(embedded.documents, dims), cut(embedded.queries, dims)
        for option in combinations.index_options:
            if option.startswith("bbq") and dims < SMALLEST_BINARY:
                note(
                    f"{option} was left out at {dims} dims: Elasticsearch allows it from {SMALLEST_BINARY} on"
                )
                continue
            try:
                found = (
                    _search_exactly(documents, queries)
                    if option == EXACT
                    else node.search_all(documents, queries, option)
                )
            except RefusedError as error:
                note(f"{option} was left out at {dims} dims: {error.reason}")
                continue
            yield _scored(task, dims, option, found)


def _search_exactly(documents: Vectors, queries: Vectors) -> Found:
    found, seconds = [], []
    for query in queries:
        began = time.monotonic()
        found.append(nearest(documents, query, DEEP))
        seconds.append(time.monotonic() - began)
    return Found([one[:SHOWN] for one in found], found, 1000 * statistics.median(seconds))


def _scored(task: Task, dims: int, option: str, found: Found) -> _Measured:
    ids = [query.id for query in task.queries]
    return _Measured(
        dims=dims,
        index_option=option,
        ndcg=ndcg_of(_ranking(task, found.shown), task.judgements, ids),
        recall=recall_of(_ranking(task, found.deep), task.judgements, ids),
        search_ms=found.query_ms,
    )


def _ranking(task: Task, rows: Sequence[Sequence[int]]) -> Ranking:
    return {
        query.id: [task.documents[row].id for row in found]
        for query, found in zip(task.queries, rows, strict=True)
    }


def _rows(found: Sequence[tuple[str, Embedded, _Measured]]) -> list[Row]:
    ndcgs = estimate([one.ndcg for _, _, one in found])
    recalls = estimate([one.recall for _, _, one in found])
    return [
        Row(
            quant=quant,
            dims=one.dims,
            index_option=one.index_option,
            ndcg=ndcg,
            recall=recall,
            bytes=bytes_of(one.dims, one.index_option),
            query_ms=embedded.query_ms + one.search_ms,
            documents_per_second=embedded.documents_per_second,
        )
        for (quant, embedded, one), ndcg, recall in zip(found, ndcgs, recalls, strict=True)
    ]


def by_quant(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    """Return the rows of each quant, in their order."""
    sorted_out: dict[str, list[Row]] = {}
    for row in rows:
        sorted_out.setdefault(row.quant, []).append(row)
    return sorted_out
