"""Embeds documents without Elasticsearch: what the ingest pipeline does, for clusters whose license has no inference.

The vectors equal those of the pipeline: the document prefix before the text, the first `dims`
numbers of the answer, scaled back to length 1.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from components.backoff import Backoff, Patience
from components.batched import batched
from components.elasticsearch.embedding import server
from components.elasticsearch.errors import (
    EmbeddingError,
    EmbeddingRefusedError,
    EmbeddingUnavailableError,
)
from components.elasticsearch.identity import canonical

BATCH = 16
"""Texts in one request: enough to keep every slot of the server busy, few enough to answer within the timeout."""

TIMEOUT = 600.0
"""Seconds for one batch; a CPU embeds sixteen long documents in minutes."""

ABOUT_THE_SERVER = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
"""Refusals that no document is to blame for."""

PATIENCE = Patience(limit=300.0)
QUERY_LIMIT = 30.0
"""Seconds for which the server is asked again to embed a query: somebody sits and waits for it."""


@dataclass(frozen=True, kw_only=True)
class Embedder:
    """An embedding server and its model: `url` is the full address of /v1/embeddings as this machine reaches it.

    The model returns `width` dimensions, of which `dims` are kept. While the server is busy, starting or out of
    reach, it is asked again with `patience`.
    """

    url: str
    api_key: str = field(default="", repr=False)
    model: str
    document_prefix: str
    query_prefix: str
    width: int
    dims: int
    patience: Patience = PATIENCE

    @classmethod
    def from_json(cls, text: str, api_key: str) -> "Embedder":
        """Read what `as_json` wrote."""
        return cls(**json.loads(text), api_key=api_key)

    def as_json(self) -> str:
        """Return the one JSON text for this embedder, without its key and its patience."""
        return canonical(
            {
                "url": self.url,
                "model": self.model,
                "document_prefix": self.document_prefix,
                "query_prefix": self.query_prefix,
                "width": self.width,
                "dims": self.dims,
            }
        )

    def embed_query(self, text: str) -> list[float]:
        """Return the `dims` numbers of a query, of length 1; raises EmbeddingError."""
        limit = min(self.patience.limit, QUERY_LIMIT)
        answered = self._ask([f"{self.query_prefix}{text}"], "the query", limit)
        return self._checked(answered, ["the query"])[0]

    def embed_documents(self, texts: Sequence[str], names: Sequence[str] = ()) -> list[list[float]]:
        """Return the `dims` numbers, of length 1, of each document, in their order.

        `names` identify the documents in messages, by default by their number, from 1. Raises
        EmbeddingError: with the document when one cannot be embedded, or when the server stays out of reach.
        """
        shown = [f"document {name}" for name in names or range(1, len(texts) + 1)]
        vectors: list[list[float]] = []
        for batch, named in zip(batched(texts, BATCH), batched(shown, BATCH), strict=True):
            vectors += self._batch(batch, named)
        return vectors

    def _batch(self, texts: Sequence[str], names: Sequence[str]) -> list[list[float]]:
        prefixed = [f"{self.document_prefix}{text}" for text in texts]
        try:
            what = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
            answered = self._ask(prefixed, what, self.patience.limit)
        except EmbeddingRefusedError as error:
            if len(texts) == 1 or error.status in ABOUT_THE_SERVER:
                raise
            # Only one caused the refusal: sent alone, it is refused by name, and the others are embedded.
            return [self._batch([text], [name])[0] for text, name in zip(texts, names, strict=True)]
        return self._checked(answered, names)

    def _ask(self, texts: Sequence[str], what: str, limit: float) -> list[list[float]]:
        backoff = Backoff(self.patience)
        while True:
            try:
                return server.ask(self.url, self.api_key, self.model, texts, what=what, timeout=TIMEOUT)
            except EmbeddingUnavailableError:
                if not backoff.again(limit=limit):
                    raise

    def _checked(self, vectors: Sequence[Sequence[float]], names: Sequence[str]) -> list[list[float]]:
        for vector, name in zip(vectors, names, strict=True):
            if len(vector) != self.width:
                raise EmbeddingError(
                    f"{self.url} returned {len(vector)} dimensions for {name} where modelDimensions promises "
                    f"{self.width}: correct modelDimensions or modelFile."
                )
            if not all(map(math.isfinite, vector)):
                raise EmbeddingError(
                    f"{self.url} returned numbers for {name} that are not finite: the model file may be damaged. "
                    "Try another quant, or another llamaCppRef."
                )
        return [truncate(vector, self.dims) for vector in vectors]


def truncate(vector: Sequence[float], dims: int) -> list[float]:
    """Keep the first `dims` numbers of an embedding and scale them to length 1; a vector of zeros stays as it is.

    Raises EmbeddingError when there are fewer.
    """
    if len(vector) < dims:
        raise EmbeddingError(
            f"The server returned {len(vector)} dimensions where the index has {dims}: correct dims or modelDimensions."
        )
    kept = [float(number) for number in vector[:dims]]
    length = math.sqrt(math.fsum(number * number for number in kept))
    return [number / length for number in kept] if length > 0 else kept
