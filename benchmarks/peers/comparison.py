"""Measures an engine beside the container with llama.cpp's own kernels: speed in turn, memory, and the start."""

import os
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.peers.own import OWN, own
from benchmarks.peers.process import process
from benchmarks.peers.started import Started
from benchmarks.server.comparison import rotated
from benchmarks.server.load import documents_of

CELLS = ((16, 4), (128, 4), (512, 4), (2048, 1))
"""Tokens of a text, and texts at a time: one batch of a peer, clients of the container."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Tokens that were embedded in a second, and in a second of one core's computing."""

    second: float
    cpu_second: float


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The rounds of an engine, and those of own.BASE (`base`), each a moment before or after."""

    tokens: int
    texts: int
    rounds: list[Rate]
    base: list[Rate]

    def median(self, figure: Callable[[Rate], float]) -> float:
        """Return the median of the rounds."""
        return statistics.median(map(figure, self.rounds))

    def ratio(self, figure: Callable[[Rate], float]) -> float:
        """Return the median of how many times the base's figure it was in the same round."""
        pairs = zip(self.rounds, self.base, strict=True)
        return statistics.median(figure(one) / figure(base) for one, base in pairs)


@dataclass(frozen=True, kw_only=True)
class Speed:
    """What an engine costs: in each cell, at the peak of its process's memory, and until its first embedding.

    `load` is the machine's, of the last minute: all above 2 or so is somebody else's.
    """

    cells: list[Cell]
    peak_memory_mib: int
    seconds_to_first_embedding: float
    measured: str
    load: float

    def cell(self, tokens: int) -> Cell:
        """Return what was measured with texts of so many tokens."""
        return next(one for one in self.cells if one.tokens == tokens)


def started(name: str) -> AbstractContextManager[Started]:
    """Return the context in which an engine runs, one of the container's variants or a peer."""
    return own(OWN[name]) if name in OWN else process(name)


def compare(engine: Started, base: Started, rounds: int) -> Speed:
    """Measure each cell on both in turn, A B, then B A; two are loaded at a time, since all together need 20 GB."""
    cells = [_cell(engine, base, rounds, tokens, texts) for tokens, texts in CELLS]
    return Speed(
        cells=cells,
        peak_memory_mib=engine.running.peak_memory_mib(),
        seconds_to_first_embedding=round(engine.running.seconds_to_first_embedding, 2),
        measured=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        load=round(os.getloadavg()[0], 1),
    )


def _cell(engine: Started, base: Started, rounds: int, tokens: int, texts: int) -> Cell:
    both = {"rounds": engine, "base": base}
    for one in both.values():
        _rate(one, tokens, texts)  # the first texts of a length are slow in some engines
    rates: dict[str, list[Rate]] = {name: [] for name in both}
    for number in range(rounds):
        for name in rotated(list(both), number):
            rates[name].append(_rate(both[name], tokens, texts))
    return Cell(tokens=tokens, texts=texts, **rates)


def _rate(engine: Started, tokens: int, texts: int) -> Rate:
    before = engine.cpu_seconds()
    speed = engine.tokens_per_second(tokens, texts)
    used = engine.cpu_seconds() - before
    return Rate(second=round(speed, 1), cpu_second=round(documents_of(tokens, texts) * tokens / used, 1))
