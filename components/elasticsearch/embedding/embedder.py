"""Embeds documents and queries without Elasticsearch: it asks the gateway for what the ingest pipeline gets from it."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from components.backoff import Backoff, Patience
from components.batched import batched
from components.elasticsearch.embedding import server
from components.elasticsearch.embedding.server import Answer, Role
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
    """The gateway and its model: `url` is its full address of /v1/embeddings as this machine reaches it.

    Of the model's numbers `dims` are asked for. While the server is busy, starting or out of reach, it is asked again
    with `patience`.
    """

    url: str
    api_key: str = field(default="", repr=False)
    model: str
    dims: int
    patience: Patience = PATIENCE

    @classmethod
    def from_json(cls, text: str, api_key: str) -> "Embedder":
        """Read what `as_json` wrote, in an earlier version too."""
        values = json.loads(text)
        return cls(url=values["url"], model=values["model"], dims=int(values["dims"]), api_key=api_key)

    def as_json(self) -> str:
        """Return the one JSON text for this embedder, without its key and its patience."""
        return canonical({"url": self.url, "model": self.model, "dims": self.dims})

    def embed_query(self, text: str) -> list[float]:
        """Return the `dims` numbers of a query, of length 1; raises EmbeddingError."""
        limit = min(self.patience.limit, QUERY_LIMIT)
        answered = self._ask("query", [text], "the query", limit)
        return self._checked(answered, ["the query"])[0]

    def embed_documents(self, texts: Sequence[str], names: Sequence[str] = ()) -> list[list[float]]:
        """Return the `dims` numbers, of length 1, of each document, in their order.

        `names` identify the documents in messages, by default by their number, from 1. Raises
        EmbeddingError: with the document when one cannot be embedded, or when the server stays out of reach.
        """
        vectors: list[list[float]] = []
        for found in self._each(texts, names):
            if isinstance(found, EmbeddingRefusedError):
                raise found
            vectors.append(found)
        return vectors

    def embed_each(
        self, texts: Sequence[str], names: Sequence[str] = ()
    ) -> list[list[float] | EmbeddingRefusedError]:
        """Return what `embed_documents` does, with the error of each document that can never be embedded in its place.

        Raises EmbeddingError when no document is to blame.
        """
        return list(self._each(texts, names))

    def count_tokens(self, text: str) -> int:
        """Return how many tokens of the model a text has, without a prefix; raises EmbeddingError."""
        return self._patiently(
            lambda: server.count_tokens(self.url, self.api_key, text, timeout=TIMEOUT), self.patience.limit
        )

    def _each(
        self, texts: Sequence[str], names: Sequence[str]
    ) -> Iterator[list[float] | EmbeddingRefusedError]:
        shown = [f"document {name}" for name in names or range(1, len(texts) + 1)]
        for batch, named in zip(batched(texts, BATCH), batched(shown, BATCH), strict=True):
            yield from self._batch(batch, named)

    def _batch(
        self, texts: Sequence[str], names: Sequence[str]
    ) -> Iterator[list[float] | EmbeddingRefusedError]:
        try:
            what = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
            answered = self._ask("document", texts, what, self.patience.limit)
        except EmbeddingRefusedError as error:
            if error.status in ABOUT_THE_SERVER:
                raise
            if len(texts) == 1:
                yield error
                return
            # Only one caused the refusal: sent alone, it is refused by name, and the others are embedded.
            for text, name in zip(texts, names, strict=True):
                yield from self._batch([text], [name])
        else:
            yield from self._checked(answered, names)

    def _ask(self, role: Role, texts: Sequence[str], what: str, limit: float) -> list[list[float]]:
        url = server.role_url(self.url, role)
        body = {"input": list(texts), "model": self.model, "dimensions": self.dims}
        return self._patiently(lambda: server.ask(url, self.api_key, body, what=what, timeout=TIMEOUT), limit)

    def _patiently(self, ask: Callable[[], Answer], limit: float) -> Answer:
        backoff = Backoff(self.patience)
        while True:
            try:
                return ask()
            except EmbeddingUnavailableError:
                if not backoff.again(limit=limit):
                    raise

    def _checked(self, vectors: Sequence[Sequence[float]], names: Sequence[str]) -> list[list[float]]:
        for vector, name in zip(vectors, names, strict=True):
            if len(vector) != self.dims:
                raise EmbeddingError(
                    f"{self.url} returned {len(vector)} dimensions for {name} where {self.dims} were asked for: is it "
                    "the stack's gateway?"
                )
            if not all(map(math.isfinite, vector)):
                raise EmbeddingError(
                    f"{self.url} returned numbers for {name} that are not finite: the model file may be damaged. "
                    "Try another quant, or another llamaCppRef."
                )
        return [list(vector) for vector in vectors]
