"""Asks a running stack questions, and holds the answers against what is expected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.elasticsearch.documents.demo import DEMO_QUERIES, DemoQuery
from components.elasticsearch.embedding.search import Hit, SemanticSearch
from components.errors import StackError
from jinactl.outputs import facts_of
from sandbox.errors import SandboxError

SCORE_TOLERANCE = 1e-3
"""How far two scores of one document may lie apart: the server's embeddings differ a little from batch to batch."""


@dataclass(frozen=True)
class Answer:
    """What was found for a query: the best document's id, content and score, and the id that was expected."""

    query: str
    best: str
    content: str
    score: float
    expected: str

    @property
    def ok(self) -> bool:
        """Whether the expected document was found first."""
        return self.best == self.expected


def ask(outputs: Mapping[str, Any], query: str, size: int = 3) -> list[Hit]:
    """Return the documents that answer `query` best, from the stack with these outputs.

    Raises SandboxError with the reason when there is no answer.
    """
    try:
        return _search(outputs).search(query, size)
    except StackError as error:
        raise SandboxError(str(error)) from error


def demo_answers(outputs: Mapping[str, Any]) -> list[Answer]:
    """Ask the five demo queries.

    At the model's full width Elasticsearch, if it has an endpoint, embeds them as well, and both must agree.
    Raises SandboxError when a query fails, or the two ways to ask it differ.
    """
    try:
        search = _search(outputs)
        return [_answer(search, query) for query in DEMO_QUERIES]
    except StackError as error:
        raise SandboxError(str(error)) from error


def _answer(search: SemanticSearch, query: DemoQuery) -> Answer:
    hits = search.search(query.text, query.size)
    if not hits:
        raise SandboxError(f'The query "{query.text}" found nothing: the index {search.alias} is empty.')
    # Without an inference endpoint there is nothing in Elasticsearch that could embed a query.
    if search.inference_id:
        _require_agreement(query, hits[0], search.search_with_builder(query.text, query.size)[0])
    best = hits[0]
    return Answer(query.text, best.id, best.content, best.score, query.expected)


def _require_agreement(query: DemoQuery, ours: Hit, built: Hit) -> None:
    if ours.id != built.id or abs(ours.score - built.score) > SCORE_TOLERANCE:
        raise SandboxError(
            f'The query "{query.text}" found {ours.id} ({ours.score:.4f}) with query_vector and {built.id} '
            f"({built.score:.4f}) with query_vector_builder: both must find the same."
        )


def _search(outputs: Mapping[str, Any]) -> SemanticSearch:
    facts = facts_of(outputs, "the stack")
    return SemanticSearch(
        connection=facts.connection,
        embedder=facts.embedder,
        alias=facts.index,
        inference_id=facts.inference_id,
    )
