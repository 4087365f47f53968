"""Settings of the server, each varied alone, for short and for long documents."""

import statistics
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server.load import measure
from benchmarks.server.servers import container

BASE: dict[str, str] = {}
VARIATIONS: dict[str, dict[str, str]] = {
    "as the stack sets it": BASE,
    "1 thread": {"LLAMA_ARG_THREADS": "1"},
    "ubatch 512": {"LLAMA_ARG_BATCH": "512", "LLAMA_ARG_UBATCH": "512"},
    "ubatch 2048": {"LLAMA_ARG_BATCH": "2048", "LLAMA_ARG_UBATCH": "2048"},
    "1 slot": {"LLAMA_ARG_N_PARALLEL": "1"},
    "2 slots": {"LLAMA_ARG_N_PARALLEL": "2"},
    "8 slots": {"LLAMA_ARG_N_PARALLEL": "8"},
    "16 slots": {"LLAMA_ARG_N_PARALLEL": "16"},
    "flash attention off": {"LLAMA_ARG_FLASH_ATTN": "off"},
    "no repacking": {"LLAMA_ARG_REPACK": "0"},
    "the same again, for the noise": {"LLAMA_ARG_TIMEOUT": "3600"},
}

CELLS = (
    (16, 1, 1),
    (16, 16, 1),
    (16, 1, 8),
    (16, 1, 32),
    (128, 4, 1),
    (512, 1, 1),
    (512, 4, 1),
    (512, 1, 8),
    (2048, 1, 1),
)
"""Tokens of a document, clients at a time, documents in a request."""


@dataclass(frozen=True, kw_only=True)
class Variation:
    """The tokens/s of one variation in one cell, the median of the rounds; `against_base` is the ratio to the base."""

    variation: str
    tokens: int
    clients: int
    inputs: int
    tokens_per_second: float
    against_base: float
    refused: str = ""


def measure_variations(image: str, model: Path, rounds: int) -> list[Variation]:
    """Measure the base and a variation in turn, so that a machine that changes its speed changes both."""
    found: list[Variation] = []
    with container(image, model) as base:
        measure(base.url, 128, 4)
        for name, changed in VARIATIONS.items():
            if changed is BASE:
                continue
            with container(image, model, changed) as varied:
                measure(varied.url, 128, 4)
                for tokens, clients, inputs in CELLS:
                    mine, ratios, refused = [], [], ""
                    for _ in range(rounds):
                        own = measure(base.url, tokens, clients, inputs)
                        its = measure(varied.url, tokens, clients, inputs)
                        refused = its.refused
                        mine.append(its.tokens_per_second)
                        ratios.append(its.tokens_per_second / own.tokens_per_second)
                    found.append(
                        Variation(
                            variation=name,
                            tokens=tokens,
                            clients=clients,
                            inputs=inputs,
                            tokens_per_second=round(statistics.median(mine), 1),
                            against_base=round(statistics.median(ratios), 3),
                            refused=refused,
                        )
                    )
                    print(found[-1], flush=True)
        for tokens, clients, inputs in CELLS:
            speeds = [measure(base.url, tokens, clients, inputs).tokens_per_second for _ in range(rounds)]
            found.append(
                Variation(
                    variation="as the stack sets it",
                    tokens=tokens,
                    clients=clients,
                    inputs=inputs,
                    tokens_per_second=round(statistics.median(speeds), 1),
                    against_base=1.0,
                )
            )
    return found
