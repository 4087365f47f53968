"""What every engine is once it is loaded: it embeds, and its process tells what that cost."""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.engines import Embeddings
from benchmarks.server.servers import Running


def threads() -> int:
    """Return the number of threads of every engine: the processors that this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Started(ABC):
    """An engine that has embedded its first text."""

    running: Running

    @abstractmethod
    def tokens_per_second(self, tokens: int, texts: int) -> float:
        """Embed texts of `tokens` tokens, `texts` at a time, for as long as a figure takes."""

    @abstractmethod
    def embed(self, texts: Sequence[Sequence[int]]) -> Embeddings:
        """Return the embeddings of texts of one length, given as ids of tokens."""

    def cpu_seconds(self) -> float:
        """Return what the process has computed so far, on all cores together."""
        # The name of the program stands in brackets, and may have anything in it.
        _, _, fields = Path(f"/proc/{self.running.pid}/stat").read_text().rpartition(")")
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
