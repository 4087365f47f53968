"""How far an engine's embeddings are from those of the reference, PyTorch in float32."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.engines import REFERENCE, Embeddings
from benchmarks.peers.formats import TOKENS
from benchmarks.peers.process import process
from benchmarks.peers.started import Started
from sandbox.machine.cache import cache_root, entry
from sandbox.models.eurobert import FULL, SEED

TEXTS = {5: 16, 16: 16, 64: 16, 128: 16, 512: 4, 2048: 1}
"""How many texts of each length, in tokens."""


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """The cosines of an engine's embeddings with those of the reference: the worst of all texts, and the mean."""

    worst: float
    mean: float


def accuracy(engine: Started) -> Accuracy:
    """Compare the embeddings of all texts."""
    expected = _expected()
    pairs = [(engine.embed(texts), expected[length]) for length, texts in _texts().items()]
    return agreement(np.concatenate([mine for mine, _ in pairs]), np.concatenate([its for _, its in pairs]))


def agreement(mine: Embeddings, its: Embeddings) -> Accuracy:
    """Compare embeddings, (texts, width), one by one; their lengths don't matter."""
    lengths = np.linalg.norm(mine, axis=1) * np.linalg.norm(its, axis=1)
    cosines = np.einsum("tw,tw->t", mine, its) / lengths
    return Accuracy(worst=round(float(cosines.min()), 6), mean=round(float(cosines.mean()), 6))


def _texts() -> dict[int, list[list[int]]]:
    # Other than those that int8 was calibrated with.
    random = np.random.default_rng(SEED + 1)
    end = FULL.vocabulary - 1
    return {
        length: [[*row, end] for row in random.integers(0, TOKENS, size=(texts, length - 1)).tolist()]
        for length, texts in TEXTS.items()
    }


def _expected() -> dict[int, Embeddings]:
    """Return what the reference says, which is asked once."""

    def build(folder: Path) -> None:
        with process(REFERENCE) as reference:
            found: dict[str, Any] = {
                str(length): reference.embed(texts) for length, texts in _texts().items()
            }
        np.savez(folder / "vectors.npz", **found)

    made = entry(cache_root(), "models/peers-reference-2", build)
    with np.load(made / "vectors.npz") as kept:
        return {length: kept[str(length)] for length in TEXTS}
