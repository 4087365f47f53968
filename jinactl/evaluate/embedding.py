"""Embeds the texts of an evaluation: those whose vectors were not made before."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from components.backoff import Backoff, Patience
from components.batched import batched
from components.elasticsearch.embedding import server
from components.elasticsearch.embedding.server import Role
from components.elasticsearch.errors import EmbeddingRefusedError, EmbeddingUnavailableError
from jinactl.evaluate.vectors import VectorCache, Vectors

BATCH, AT_ONCE = 16, 2
"""Texts in a request, and requests at once: while one is computed, the next one is there already."""

TIMEOUT = 600.0
PATIENCE = Patience(limit=300.0)

TOO_LONG = ("input_too_long", "exceed_context_size", "too large to process")
"""What the gateway and llama-server say of a text with more tokens than they take."""

KEPT = 0.8
"""How much is kept of a text that is too long, again and again until it fits."""

TIMED_QUERIES, TIMED_DOCUMENTS = 30, 32
"""Texts that are embedded for the time they take alone, where vectors are there already."""

Advance = Callable[[int], None]


@dataclass
class EmbeddingServer:
    """A server of one quant: `urls` are its addresses of /v1/embeddings, `prefixes` what it needs before texts.

    Both are by role; behind a gateway, which knows the prefixes, those are empty. `shortened` counts the documents of
    which only the beginning was embedded.
    """

    urls: Mapping[Role, str]
    model: str
    prefixes: Mapping[Role, str]
    api_key: str = field(default="", repr=False)
    shortened: int = 0
    stopping: bool = False
    """Set where nobody waits for an answer any more: then a server that is out of reach is not asked again."""

    def embed(self, role: Role, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, one a row; raises EmbeddingError.

        The server is asked again for a while where it is busy. Of a text that is too long, the beginning is embedded.
        """
        try:
            return self._asked(role, texts)
        except EmbeddingRefusedError as error:
            if not any(told in str(error) for told in TOO_LONG):
                raise
            if len(texts) > 1:
                return np.concatenate([self.embed(role, [text]) for text in texts])
        self.shortened += 1
        return self._beginning(role, texts[0])

    def _beginning(self, role: Role, text: str) -> Vectors:
        while True:
            text = text[: int(len(text) * KEPT)]
            try:
                return self._asked(role, [text])
            except EmbeddingRefusedError as error:
                if not text or not any(told in str(error) for told in TOO_LONG):
                    raise

    def _asked(self, role: Role, texts: Sequence[str]) -> Vectors:
        prefix = self.prefixes[role]
        # Once, as the gateway has it.
        inputs = [text if text.startswith(prefix) else prefix + text for text in texts]
        body = {"input": inputs, "model": self.model}
        what = "a text" if len(texts) == 1 else f"{len(texts)} texts"
        backoff = Backoff(PATIENCE)
        while True:
            try:
                return np.array(
                    server.ask(self.urls[role], self.api_key, body, what=what, timeout=TIMEOUT), np.float32
                )
            except EmbeddingUnavailableError:
                if self.stopping or not backoff.again():
                    raise


@dataclass(frozen=True)
class Embedded:
    """The vectors of all documents and queries, one a row, and how long they take.

    `query_ms` is the median of queries one by one, `documents_per_second` of documents as they are embedded in bulk.
    """

    documents: Vectors
    queries: Vectors
    query_ms: float
    documents_per_second: float


def embed_all(
    embedding: EmbeddingServer,
    cache: VectorCache,
    documents: Sequence[str],
    queries: Sequence[str],
    *,
    prefixes: Mapping[Role, str],
    advance: Advance,
) -> Embedded:
    """Embed documents and queries, or take the vectors from the cache; `advance` is told how many more are done.

    `prefixes` are those that the model sees before texts, whoever puts them there.
    """
    found, seconds = _embedded(
        embedding, cache, documents, role="document", prefix=prefixes["document"], advance=advance
    )
    asked, _ = _embedded(embedding, cache, queries, role="query", prefix=prefixes["query"], advance=advance)
    speed = cache.speed("documents/s")
    if seconds or speed is None:
        new, taken = seconds or _timed(embedding, documents[:TIMED_DOCUMENTS])
        speed = new / taken
        cache.note_speed("documents/s", speed)
    query_ms = cache.speed("query ms")
    if query_ms is None or seconds:
        query_ms = 1000 * statistics.median(_timed_query(embedding, text) for text in queries[:TIMED_QUERIES])
        cache.note_speed("query ms", query_ms)
    return Embedded(found, asked, query_ms, speed)


def _embedded(
    embedding: EmbeddingServer,
    cache: VectorCache,
    texts: Sequence[str],
    *,
    role: Role,
    prefix: str,
    advance: Advance,
) -> tuple[Vectors, tuple[int, float] | None]:
    """Return the vectors, and of how many texts in how many seconds, where there were enough to tell the speed."""
    found = cache.get(prefix, texts)
    missing = sorted({text for text in texts if text not in found}, key=len)
    advance(len(texts) - len(missing))
    began = time.monotonic()
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        batches = list(batched(missing, BATCH))
        for batch, vectors in zip(
            batches, pool.map(lambda some: embedding.embed(role, some), batches), strict=True
        ):
            cache.put(prefix, batch, vectors)
            found.update(zip(batch, vectors, strict=True))
            advance(len(batch))
    except BaseException:
        embedding.stopping = True
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    taken = time.monotonic() - began
    told = (len(missing), taken) if len(missing) >= TIMED_DOCUMENTS else None
    return np.stack([found[text] for text in texts]), told


def _timed(embedding: EmbeddingServer, texts: Sequence[str]) -> tuple[int, float]:
    began = time.monotonic()
    for batch in batched(texts, BATCH):
        embedding.embed("document", batch)
    return len(texts), time.monotonic() - began


def _timed_query(embedding: EmbeddingServer, text: str) -> float:
    began = time.monotonic()
    embedding.embed("query", [text])
    return time.monotonic() - began
