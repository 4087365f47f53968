"""Asks a running stack questions, and holds the answers against what is expected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.elasticsearch.documents.demo import DEMO_CONTENTS, DEMO_QUERIES, DemoQuery
from components.elasticsearch.embedding.hits import Hit
from components.elasticsearch.embedding.search import SemanticSearch
from components.errors import StackError
from jinactl.outputs import facts_of
from sandbox.errors import SandboxError

SCORE_TOLERANCE = 1e-3
"""How far two scores of one document may lie apart: the server's embeddings differ a little from batch to batch."""


@dataclass(frozen=True)
class Answer:
    """The best document that was found for a query, held against the expected one by its text.

    An id tells nothing: people index the demo's texts too, under ids of their own.
    """

    query: DemoQuery
    best: Hit

    @property
    def ok(self) -> bool:
        """Whether the expected text was found first."""
        return self.best.content == self.query.document.content

    @property
    def of_people(self) -> bool:
        """Whether a document was found first whose text is none of the demo's: what it says, only people know."""
        return self.best.content not in DEMO_CONTENTS


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
    return Answer(query, hits[0])


def _require_agreement(query: DemoQuery, ours: Hit, built: Hit) -> None:
    if ours.content != built.content or abs(ours.score - built.score) > SCORE_TOLERANCE:
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
