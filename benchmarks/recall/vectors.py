"""Synthetic embeddings in clusters, and the exact answers among them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CLUSTER_SIZE = 100
"""Documents a cluster, on average: about as many texts are about one subject."""

SPREAD = 0.6
"""Length of the noise around a cluster's centre of length 1: two texts of one cluster have a cosine of about 0.74."""


@dataclass(frozen=True)
class Corpus:
    """Vectors of length 1: `documents` and `queries`, a row each, drawn from the same clusters."""

    documents: Floats
    queries: Floats

    def exact(self, count: int, size: int) -> list[list[int]]:
        """Return for each query the `size` nearest of the first `count` documents by cosine, best first."""
        return [_nearest(self.documents[:count] @ query, size) for query in self.queries]


def clustered(dims: int, documents: int, queries: int, cluster_size: int = CLUSTER_SIZE) -> Corpus:
    """Return vectors of `dims` dimensions in clusters, the same ones for the same arguments."""
    random = np.random.default_rng([0, dims])
    centres = _unit(random.standard_normal((max(1, documents // cluster_size), dims), dtype=np.float32))

    def drawn(count: int) -> Floats:
        noise = random.standard_normal((count, dims), dtype=np.float32) * np.float32(SPREAD / dims**0.5)
        return _unit(centres[random.integers(len(centres), size=count)] + noise)

    return Corpus(drawn(documents), drawn(queries))


def _unit(rows: Floats) -> Floats:
    scaled: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def _nearest(cosines: Floats, size: int) -> list[int]:
    top = np.argpartition(-cosines, size)[:size]
    return [int(one) for one in top[np.argsort(-cosines[top])]]
