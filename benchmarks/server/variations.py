"""Settings of the server, each varied alone, for short and for long documents."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.server.load import measure
from benchmarks.server.servers import container

VARIATIONS: dict[str, dict[str, str]] = {
    "the same again, for the noise": {"LLAMA_ARG_TIMEOUT": "3600"},
    "1 slot": {"LLAMA_ARG_N_PARALLEL": "1"},
    "2 slots": {"LLAMA_ARG_N_PARALLEL": "2"},
    "8 slots": {"LLAMA_ARG_N_PARALLEL": "8"},
    "ubatch 2048": {"LLAMA_ARG_BATCH": "2048", "LLAMA_ARG_UBATCH": "2048"},
    "flash attention off": {"LLAMA_ARG_FLASH_ATTN": "off"},
    "1 thread": {"LLAMA_ARG_THREADS": "1"},
}

CELLS = ((16, 16, 1), (16, 1, 16), (128, 4, 1), (512, 4, 1), (2048, 1, 1), (2048, 4, 1))
"""Tokens of a document, clients at a time, documents in a request."""


@dataclass(frozen=True, kw_only=True)
class Variation:
    """What one variation did in one cell, in each round: tokens/s, and those of the base a moment before."""

    variation: str
    tokens: int
    clients: int
    inputs: int
    tokens_per_second: list[float]
    base_tokens_per_second: list[float]


def measure_variations(image: str, model: Path, rounds: int) -> list[Variation]:
    """Measure the base and a variation in turn, so that a machine that changes its speed changes both."""
    found: list[Variation] = []
    with container(image, model) as base:
        measure(base.url, 128, 4)
        for name, changed in VARIATIONS.items():
            with container(image, model, changed) as varied:
                measure(varied.url, 128, 4)
                for tokens, clients, inputs in CELLS:
                    own, its = [], []
                    for _ in range(rounds):
                        own.append(measure(base.url, tokens, clients, inputs).tokens_per_second)
                        its.append(measure(varied.url, tokens, clients, inputs).tokens_per_second)
                    found.append(
                        Variation(
                            variation=name,
                            tokens=tokens,
                            clients=clients,
                            inputs=inputs,
                            tokens_per_second=its,
                            base_tokens_per_second=own,
                        )
                    )
                    print(found[-1], flush=True)
    return found
