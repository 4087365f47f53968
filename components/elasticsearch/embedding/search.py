"""Search by meaning, by words, or both: the one place that asks.

By meaning, the query is embedded here and sent as `query_vector`, or named for Elasticsearch to embed. While a
migration changes the dims, Elasticsearch refuses the latter for a moment, and never the former: it asks for the dims of
the index that the alias leads to, and asks again where the alias has moved since.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from components.elasticsearch.client.client import Client, Requests
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.embedding import hybrid
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.embedding.filters import build_filters
from components.elasticsearch.embedding.hits import Hit, read_hit
from components.elasticsearch.embedding.queries import Question, builder_body, semantic_body, text_body
from components.elasticsearch.embedding.searched_index import SearchedIndex, read_searched_index
from components.elasticsearch.errors import RefusedError

Mode = Literal["semantic", "text", "hybrid"]
"""By meaning, by words, or both rankings fused."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a search found, best first, and how it was asked.

    `requests` are the searches that were sent, by path; `fused_by` says what fused the rankings of a hybrid search, ""
    otherwise; `embedding_seconds` and `searching_seconds` are as this program waited.
    """

    hits: list[Hit]
    searched: SearchedIndex
    requests: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    fused_by: str = ""
    embedding_seconds: float = 0.0
    searching_seconds: float = 0.0


def search(
    client: Requests,
    index: str,
    embedder: Embedder,
    query: str,
    *,
    mode: Mode = "semantic",
    size: int = 10,
    filters: Sequence[str] = (),
    sides: bool = False,
) -> Answer:
    """Return the `size` documents that answer `query` best, of those that match every filter (see `build_filters`).

    `index` is a name or an alias, `size` from 1 to 10,000. With `sides` each hit of a hybrid search has its rank and
    score in both rankings. Raises FilterError, EmbeddingError or another ElasticsearchError when there is no answer.
    """
    searched = read_searched_index(client, index)
    while True:
        began = time.monotonic()
        question = Question(
            text=query,
            vector=() if mode == "text" else replace(embedder, dims=searched.dims).embed_query(query),
            index_options=searched.index_options,
            size=size,
            filters=build_filters(filters, searched.fields),
        )
        embedded = time.monotonic()
        try:
            answer = _ask(client, index, searched, question, mode, sides=sides)
        except RefusedError:
            former, searched = searched, read_searched_index(client, index)
            if (searched.name, searched.dims) == (former.name, former.dims):
                raise
        else:
            took = time.monotonic() - embedded
            return replace(answer, embedding_seconds=embedded - began, searching_seconds=took)


def nearest(client: Requests, index: str, vector: Sequence[float], size: int = 10) -> list[Hit]:
    """Return the `size` documents whose vectors are nearest to `vector`, best first."""
    searched = read_searched_index(client, index)
    question = Question(text="", vector=vector, index_options=searched.index_options, size=size)
    return _ask(client, index, searched, question, "semantic", sides=False).hits


@dataclass(frozen=True, kw_only=True)
class SemanticSearch:
    """Search in one index, with the embedder of its queries, and the name with which those of its endpoints begin."""

    connection: Connection
    embedder: Embedder
    alias: str
    inference_id: str

    def search(self, text: str, size: int = 10) -> list[Hit]:
        """Return the `size` documents that answer `text` best.

        Raises EmbeddingError or another ElasticsearchError when there is no answer.
        """
        with Client(self.connection) as client:
            return search(client, self.alias, self.embedder, text, size=size).hits

    def search_with_builder(self, text: str, size: int = 10) -> list[Hit]:
        """Return the same, with the embedding made by Elasticsearch."""
        with Client(self.connection) as client:
            options = read_searched_index(client, self.alias).index_options
            body = builder_body(self.inference_id, text, size, options)
            return _found(client.request("POST", f"/{self.alias}/_search", body))


def _ask(
    client: Requests, index: str, searched: SearchedIndex, question: Question, mode: Mode, *, sides: bool
) -> Answer:
    if mode == "hybrid":
        fused = hybrid.ask(client, index, question, sides=sides)
        return Answer(hits=fused.hits, searched=searched, requests=fused.requests, fused_by=fused.by)
    body = semantic_body(question) if mode == "semantic" else text_body(question)
    path = f"/{index}/_search"
    return Answer(hits=_found(client.request("POST", path, body)), searched=searched, requests=[(path, body)])


def _found(answer: Mapping[str, Any]) -> list[Hit]:
    return [read_hit(one) for one in answer["hits"]["hits"]]
