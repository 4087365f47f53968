"""Search by meaning at every number of dimensions.

`query_vector_builder` yields all dimensions of the model, so it serves only an index that keeps them all.
Below, the query is embedded here, truncated as the pipeline truncates documents, and sent as `query_vector`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from components.elasticsearch.client.client import Client, Requests
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.embedding.embedder import Embedder
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


def search_with_builder(
    client: Requests, index: str, inference_id: str, text: str, size: int = 10
) -> list[Hit]:
    """Search as Elasticsearch embeds `text` itself, which includes the query prefix if the model has one.

    For an index that keeps all numbers of the model only: Elasticsearch refuses (RefusedError) any other.
    """
    return _hits(client, index, builder_body(inference_id, text, size))


def builder_body(inference_id: str, text: str, size: int) -> dict[str, object]:
    """Return the request for a search in which Elasticsearch embeds the query."""
    embedding = {"model_id": inference_id, "model_text": text}
    return {"size": size, "knn": {"field": VECTOR, "query_vector_builder": {"text_embedding": embedding}}}


@dataclass(frozen=True, kw_only=True)
class SemanticSearch:
    """Search in one index, with the embedder of its queries."""

    connection: Connection
    embedder: Embedder
    alias: str
    inference_id: str

    def search(self, text: str, size: int = 10) -> list[Hit]:
        """Return the `size` documents that answer `text` best, at any number of dimensions.

        Raises EmbeddingError or another ElasticsearchError when there is no answer.
        """
        vector = self.embedder.embed_query(text)
        with Client(self.connection) as client:
            return search(client, self.alias, vector, size)

    def search_with_builder(self, text: str, size: int = 10) -> list[Hit]:
        """Return the same at the model's full width, with the embedding made by Elasticsearch."""
        with Client(self.connection) as client:
            prefixed = f"{self.embedder.query_prefix}{text}"
            return search_with_builder(client, self.alias, self.inference_id, prefixed, size)


def _hits(client: Requests, index: str, body: dict[str, object]) -> list[Hit]:
    answer = client.request("POST", f"/{index}/_search", body)
    return [
        Hit(str(hit["_id"]), float(hit["_score"]), str(hit.get("_source", {}).get(CONTENT, "")))
        for hit in answer["hits"]["hits"]
    ]
