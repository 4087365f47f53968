"""Carries out what the page asks for, and answers in the words and numbers that it shows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from components.backoff import Patience
from components.elasticsearch.client.client import ClusterPatience, Requests
from components.elasticsearch.embedding.hits import Hit
from components.elasticsearch.embedding.search import Answer, search
from components.elasticsearch.embedding.searched_index import read_searched_index
from components.elasticsearch.fields import VECTOR
from jinactl.outputs import StackFacts
from jinactl.page.wanted import Wanted, WantedError
from jinactl.same_identity import require_same_identity

PATIENCE = Patience(limit=5.0)
CLUSTER_PATIENCE = ClusterPatience(limit=5.0, unreachable=2.0)
"""Somebody sits before the page, and can search again."""

Search = Callable[[Wanted], Answer]
"""Carries out a search; raises a StackError when there is no answer."""


@dataclass(frozen=True)
class IndexSearch:
    """Searches the indices of a stack; safe to use from several threads once the client is open."""

    client: Requests
    facts: StackFacts

    def __call__(self, wanted: Wanted) -> Answer:
        """Return what is found; raises a StackError when there is no answer."""
        facts = self._of(wanted.index)
        # Each time: a change of the model while the page is open must not pass for bad results.
        require_same_identity(self.client, facts, except_for=["dims"])
        return search(
            self.client,
            facts.index,
            replace(facts.embedder, patience=PATIENCE),
            wanted.query,
            mode=wanted.mode,
            size=wanted.size,
            filters=wanted.filters,
        )

    def about(self, index: str = "") -> dict[str, Any]:
        """Return what the page says of an index, and the fields that documents can be filtered by.

        Raises a StackError when there is no such index.
        """
        facts = self._of(index)
        searched = read_searched_index(self.client, facts.index)
        return {
            "index": facts.index,
            "indices": list(facts.indices),
            "model": self.facts.embedder.model,
            "quant": self.facts.identity["quant"],
            "dims": searched.dims,
            "fields": sorted(name for name in searched.fields if name != VECTOR),
        }

    def _of(self, index: str) -> StackFacts:
        if not index:
            return self.facts
        if index not in self.facts.indices:
            raise WantedError(f"The stack has no index {index}: it has {', '.join(self.facts.indices)}.")
        return replace(self.facts, index=index)


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """Return plain values; times are in milliseconds."""
    return {
        "hits": [_hit(hit) for hit in answer.hits],
        "fused_by": answer.fused_by,
        "embedding_ms": round(answer.embedding_seconds * 1000, 1),
        "searching_ms": round(answer.searching_seconds * 1000, 1),
    }


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "id": hit.id,
        "score": hit.score,
        "snippet": [[piece.text, piece.matched] for piece in hit.snippet],
        "content": hit.content,
        "fields": dict(hit.fields),
    }
