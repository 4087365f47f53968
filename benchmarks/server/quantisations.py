"""Every quantisation of the model: size, time to load, memory, and speed for short and long documents."""

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.server.comparison import rotated
from benchmarks.server.load import Speed, measure
from benchmarks.server.servers import Running, container
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import FULL
from sandbox.models.library import ensure_eurobert_model

MEBIBYTE = 2**20

QUERY, SHORT, LONG = (16, 1), (128, 4), (2048, 1)
"""Tokens of a document and clients at a time: a person's query, documents of a paragraph, a long document."""


@dataclass(frozen=True, kw_only=True)
class Quantisation:
    """What one quantisation costs; sizes in MiB, speeds in tokens/s, times in seconds, each the median of the rounds.

    `query` is the time of one document of 16 tokens with nobody else at work, `memory_peak` is after documents of 2048.
    """

    quant: str
    file: int
    first_embedding: float
    memory_loaded: int
    memory_peak: int
    query: float
    short: float
    long: float


@dataclass
class _Loaded:
    """A server that is loaded, and what was measured of it so far."""

    model: Path
    running: Running
    memory: int
    speeds: dict[tuple[int, int], list[Speed]] = field(default_factory=dict)

    def measure(self) -> None:
        for tokens, clients in (QUERY, SHORT, LONG):
            speed = measure(self.running.url, tokens, clients)
            self.speeds.setdefault((tokens, clients), []).append(speed)


def measure_quantisations(image: str, quants: Sequence[str], rounds: int) -> list[Quantisation]:
    """Load each in the stack's own container, then measure them in turn, so that all figures are of the same time."""
    models = {quant: ensure_eurobert_model(cache_root(), print, quant, FULL) for quant in quants}
    with ExitStack() as stack:
        loaded: dict[str, _Loaded] = {}
        for quant, model in models.items():
            running = stack.enter_context(container(image, model, quant=quant))
            loaded[quant] = _Loaded(model, running, running.peak_memory_mib())
        for number in range(rounds):
            for quant in rotated(list(quants), number):
                loaded[quant].measure()
        found = [_summary(quant, one) for quant, one in loaded.items()]
    print(*found, sep="\n", flush=True)
    return found


def _summary(quant: str, one: _Loaded) -> Quantisation:
    return Quantisation(
        quant=quant,
        file=one.model.stat().st_size // MEBIBYTE,
        first_embedding=round(one.running.seconds_to_first_embedding, 2),
        memory_loaded=one.memory,
        memory_peak=one.running.peak_memory_mib(),
        query=round(statistics.median(speed.median_seconds for speed in one.speeds[QUERY]), 4),
        short=round(statistics.median(speed.tokens_per_second for speed in one.speeds[SHORT]), 1),
        long=round(statistics.median(speed.tokens_per_second for speed in one.speeds[LONG]), 1),
    )
