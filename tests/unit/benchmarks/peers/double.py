"""An engine without a model, for what is made of engines."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.peers.engines import Embeddings
from benchmarks.peers.started import Started
from benchmarks.server.servers import Running

HERE = Running("", os.getpid(), 1.234)


@dataclass(frozen=True)
class Double(Started):
    """An engine that writes down when it is asked, and uses a second for it."""

    name: str = "engine"
    asked: list[tuple[str, int]] = field(default_factory=list)
    running: Running = HERE

    def tokens_per_second(self, tokens: int, texts: int) -> float:
        self.asked.append((self.name, tokens))
        return 25.0 * texts

    def embed(self, texts: Sequence[Sequence[int]]) -> Embeddings:
        return np.zeros((len(texts), 1), np.float32)

    def cpu_seconds(self) -> float:
        return float(len(self.asked))
