"""Measures the stack's own server, through the gateway."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from components.elasticsearch.embedding import server
from components.elasticsearch.embedding.server import PATH, role_url
from components.elasticsearch.errors import EmbeddingRefusedError
from jinactl.bench.lane import require_idle
from jinactl.bench.load import TIMEOUT, Amount, Load, Target, embed_for
from jinactl.bench.texts import Texts
from jinactl.outputs import ServedModel

SHORT, PARAGRAPH = Load(tokens=16, at_once=4), Load(tokens=128, at_once=4)
LENGTHS = (2048, 1024, 512, 256)
"""Tokens of the long text: as many as fit the time and the context, from the longest to the shortest."""

SECONDS = 4.0
"""For which each load lasts."""

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Measured:
    """How much of a load was embedded in how long."""

    load: Load
    amount: Amount


class Running:
    """The stack's server: `target` is its address for documents, and `texts` what it is given."""

    def __init__(self, served: ServedModel) -> None:
        self._root, self._key = served.url.removesuffix(PATH), served.api_key
        self.target = Target(url=role_url(served.url, "document"), model=served.name, api_key=served.api_key)
        require_idle(self._root, self._key)
        self.texts = Texts(
            lambda text: server.count_tokens(served.url, served.api_key, text, timeout=TIMEOUT)
        )

    def embed_for(self, load: Load, seconds: float) -> Amount:
        """Return what it embeds under a load; raises BusyLaneError where documents of others came meanwhile."""
        with self._alone():
            return embed_for(self.target, self.texts, load, seconds)

    def measure(self, advance: Advance) -> Iterator[Measured]:
        """Yield short texts, paragraphs and a long text, and tell `advance` of each that is done."""
        self.target.embed(next(self.texts.of(SHORT.tokens)))  # what is done once is done
        paragraphs = 0.0
        for load in (SHORT, PARAGRAPH):
            found = Measured(load, self.embed_for(load, SECONDS))
            paragraphs = found.amount.rate
            yield found
            advance(1)
        yield from self._long(paragraphs)
        advance(1)

    def _long(self, rate: float) -> Iterator[Measured]:
        """Yield the longest text that this rate embeds in the time, and that the context takes; none is possible."""
        for tokens in LENGTHS:
            # Attention grows faster than the text: a long one takes up to twice as long as its rate says.
            if tokens > rate * SECONDS and tokens != LENGTHS[-1]:
                continue
            load = Load(tokens=tokens, at_once=1)
            try:
                yield Measured(load, self.embed_for(load, SECONDS))
            except EmbeddingRefusedError:  # it has more tokens than the context
                continue
            return

    @contextmanager
    def _alone(self) -> Iterator[None]:
        require_idle(self._root, self._key)
        yield
        require_idle(self._root, self._key)
