"""Search by meaning: the query is embedded here and sent as `query_vector`, or named for Elasticsearch to embed.

While a migration changes the dims, Elasticsearch refuses the latter for a moment, and never the former: it asks for the
dims of the index that the alias points to, and asks again where the alias has moved since.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from components.elasticsearch.client.client import Client, Requests
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.endpoints import query_id
from components.elasticsearch.errors import IndexingError, RefusedError
from components.elasticsearch.fields import CONTENT, VECTOR


@dataclass(frozen=True)
class Hit:
    """A document that was found; `score` is Elasticsearch's, (1 + cosine) / 2 with similarity cosine."""

    id: str
    score: float
    content: str


def search(client: Requests, index: str, vector: Sequence[float], size: int = 10) -> list[Hit]:
    """Return the `size` documents whose vectors are nearest to `vector`, best first."""
    knn = {"field": VECTOR, "query_vector": list(vector)}
    return _hits(client, index, {"size": size, "knn": knn, "_source": [CONTENT]})


def search_text(client: Requests, index: str, embedder: Embedder, text: str, size: int = 10) -> list[Hit]:
    """Return the `size` documents that answer `text` best, best first, by vectors of the dims that the index has now.

    Raises EmbeddingError or another ElasticsearchError when there is no answer.
    """
    dims = read_dims(client, index)
    while True:
        vector = replace(embedder, dims=dims).embed_query(text)
        try:
            return search(client, index, vector, size)
        except RefusedError:
            former, dims = dims, read_dims(client, index)
            if dims == former:
                raise


def read_dims(client: Requests, index: str) -> int:
    """Return the dims of the embeddings in the index that an alias points to; raises IndexingError where none are."""
    for body in (client.find(f"/{index}/_mapping") or {}).values():
        mapped = body.get("mappings", {}).get("properties", {}).get(VECTOR, {})
        if "dims" in mapped:
            return int(mapped["dims"])
    raise IndexingError(f"{index} has no embeddings to search in: `pulumi up` makes the index.")


def builder_body(inference_id: str, text: str, size: int) -> dict[str, object]:
    """Return the request for a search in which Elasticsearch embeds the query by the stack's endpoint for queries."""
    embedding = {"model_id": query_id(inference_id), "model_text": text}
    return {"size": size, "knn": {"field": VECTOR, "query_vector_builder": {"text_embedding": embedding}}}


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
            return search_text(client, self.alias, self.embedder, text, size)

    def search_with_builder(self, text: str, size: int = 10) -> list[Hit]:
        """Return the same, with the embedding made by Elasticsearch."""
        with Client(self.connection) as client:
            return _hits(client, self.alias, builder_body(self.inference_id, text, size))


def _hits(client: Requests, index: str, body: dict[str, object]) -> list[Hit]:
    answer = client.request("POST", f"/{index}/_search", body)
    return [
        Hit(str(hit["_id"]), float(hit["_score"]), str(hit.get("_source", {}).get(CONTENT, "")))
        for hit in answer["hits"]["hits"]
    ]
