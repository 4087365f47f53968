"""The requests of a search: by meaning, by words, and both fused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.elasticsearch.embedding.candidates import effort_of
from components.elasticsearch.embedding.fusion import RANK_CONSTANT
from components.elasticsearch.endpoints import query_id
from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR

WINDOW = 100
"""How many documents of each ranking are fused, at least: what one finds below that adds nearly nothing to a score."""

SNIPPET = 200
"""Characters of a snippet, about."""

MATCH_BEGINS, MATCH_ENDS = "\ufdd0", "\ufdd1"
"""What Elasticsearch puts around a matched word: characters that Unicode keeps out of texts.

Control characters would not do: Elasticsearch takes those at both ends of a snippet for white space, and trims them.
"""

SHARD_DOC = [{"_score": "desc"}, {"_shard_doc": "asc"}]
"""The order of a ranking, which breaks ties as the `rrf` retriever does."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is looked for: the words, their `vector` (empty where only words are compared), and how many documents."""

    text: str
    vector: Sequence[float] = ()
    index_options: str
    size: int
    filters: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @property
    def window(self) -> int:
        """How many documents of each ranking are fused."""
        return max(self.size, WINDOW)


def semantic_body(question: Question) -> dict[str, Any]:
    """Return the search for the documents whose vectors are nearest."""
    return {"size": question.size, "knn": _knn(question, question.size), **_shown(question)}


def text_body(question: Question) -> dict[str, Any]:
    """Return the search for the documents whose words match best, by BM25."""
    return {"size": question.size, "query": _words(question), **_shown(question)}


def ranking_bodies(question: Question, pit: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the searches for both rankings that are to be fused, by meaning and by words, at one point in time."""
    window = question.window
    same = {
        "size": window,
        "pit": {"id": pit},
        "sort": SHARD_DOC,
        "track_total_hits": False,
        "_source": False,
    }
    return {**same, "knn": _knn(question, window)}, {**same, "query": _words(question)}


def fetch_body(question: Question, pit: str, ids: Sequence[str]) -> dict[str, Any]:
    """Return the search that reads the documents with these ids, at the same point in time."""
    query = {"ids": {"values": list(ids)}}
    return {"size": len(ids), "pit": {"id": pit}, "query": query, **_shown(question)}


def retriever_body(question: Question) -> dict[str, Any]:
    """Return the search in which Elasticsearch fuses both rankings."""
    filters = {"filter": list(question.filters)} if question.filters else {}
    words = {"query": {"match": {CONTENT: {"query": question.text}}}, **filters}
    rrf = {
        "retrievers": [{"knn": _knn(question, question.window)}, {"standard": words}],
        "rank_constant": RANK_CONSTANT,
        "rank_window_size": question.window,
    }
    return {"size": question.size, "retriever": {"rrf": rrf}, **_shown(question)}


def builder_body(inference_id: str, text: str, size: int, index_options: str) -> dict[str, Any]:
    """Return the request for a search in which Elasticsearch embeds the query by the stack's endpoint for queries."""
    embedding = {"model_id": query_id(inference_id), "model_text": text}
    knn = {"field": VECTOR, "query_vector_builder": {"text_embedding": embedding}}
    return {"size": size, "knn": {**knn, **effort_of(index_options).knn(size)}}


def _knn(question: Question, size: int) -> dict[str, Any]:
    knn = {"field": VECTOR, "query_vector": list(question.vector)}
    filters = {"filter": list(question.filters)} if question.filters else {}
    return {**knn, **effort_of(question.index_options).knn(size), **filters}


def _words(question: Question) -> dict[str, Any]:
    match = {"match": {CONTENT: {"query": question.text}}}
    if not question.filters:
        return match
    return {"bool": {"must": [match], "filter": list(question.filters)}}


def _shown(question: Question) -> dict[str, Any]:
    """Return what a response shows of a hit: its fields without the vector, and where the words are in the text."""
    snippet = {
        "type": "unified",
        "number_of_fragments": 1,
        "fragment_size": SNIPPET,
        "no_match_size": SNIPPET,
    }
    return {
        "_source": {"excludes": [VECTOR, DIGEST]},
        "highlight": {
            "fields": {CONTENT: snippet},
            "highlight_query": {"match": {CONTENT: {"query": question.text}}},
            "pre_tags": [MATCH_BEGINS],
            "post_tags": [MATCH_ENDS],
            "max_analyzed_offset": -1,
        },
    }
