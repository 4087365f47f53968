"""Has a server embed for some seconds, and tells how many tokens a second that were."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from components.elasticsearch.embedding import server
from jinactl.bench.texts import Texts

TIMEOUT = 60.0


@dataclass(frozen=True, kw_only=True)
class Target:
    """A server to be measured: `url` is its address of /v1/embeddings, `prefix` what it needs before a document."""

    url: str
    model: str
    api_key: str = ""
    prefix: str = ""

    def embed(self, text: str) -> None:
        """Have it embed one text; raises EmbeddingError."""
        body = {"input": [self.prefix + text], "model": self.model}
        server.ask(self.url, self.api_key, body, what="a text", timeout=TIMEOUT)


@dataclass(frozen=True, kw_only=True)
class Load:
    """Texts of so many `tokens`, so many of them `at_once`."""

    tokens: int
    at_once: int


@dataclass(frozen=True)
class Amount:
    """What was embedded: so many tokens in so many seconds."""

    tokens: int
    seconds: float

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.tokens + other.tokens, self.seconds + other.seconds)

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.tokens / max(self.seconds, 1e-9)


def embed_for(
    target: Target, texts: Texts, load: Load, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Amount:
    """Return what a server embeds under a load; texts that are begun in these seconds are waited for.

    Each of them is embedded at least once. Raises EmbeddingError.
    """
    began = clock()

    def go_on() -> int:
        done = 0
        for text in texts.of(load.tokens):
            target.embed(text)
            done += load.tokens
            if clock() - began >= seconds:
                break
        return done

    with ThreadPoolExecutor(max_workers=load.at_once) as side_by_side:
        running = [side_by_side.submit(go_on) for _ in range(load.at_once)]
        tokens = sum(one.result() for one in running)
    return Amount(tokens, clock() - began)
