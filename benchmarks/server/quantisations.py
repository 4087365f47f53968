"""Every quantisation of the model: size, time to load, memory, and speed for short and long documents."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.server.load import measure
from benchmarks.server.servers import container
from components.settings.schema import QUANTS
from sandbox.cache import cache_root
from sandbox.models.eurobert import FULL
from sandbox.models.library import ensure_eurobert_model

MEBIBYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Quantisation:
    """What one quantisation costs; sizes in MiB, speeds in tokens/s, times in seconds.

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


def measure_quantisations(image: str, quants: tuple[str, ...] = QUANTS) -> list[Quantisation]:
    """Measure each quantisation in the stack's own container."""
    found = []
    for quant in quants:
        model = ensure_eurobert_model(cache_root(), print, quant, FULL)
        found.append(_measure(image, quant, model))
        print(found[-1], flush=True)
    return found


def _measure(image: str, quant: str, model: Path) -> Quantisation:
    with container(image, model, quant=quant) as running:
        loaded = running.memory_mib()["VmHWM"]
        measure(running.url, 16, 1)
        query = measure(running.url, 16, 1)
        short = measure(running.url, 128, 4)
        long = measure(running.url, 2048, 1)
        return Quantisation(
            quant=quant,
            file=model.stat().st_size // MEBIBYTE,
            first_embedding=round(running.seconds_to_first_embedding, 2),
            memory_loaded=loaded,
            memory_peak=running.memory_mib()["VmHWM"],
            query=round(query.median_seconds, 4),
            short=round(short.tokens_per_second, 1),
            long=round(long.tokens_per_second, 1),
        )
