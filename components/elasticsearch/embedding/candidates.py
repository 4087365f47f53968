"""How much of a vector index a search looks at, so that it finds what comparing with every vector would find."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENOUGH = 0.98
"""The share of the exact first 1, 3 and 10 documents that a search finds, at 100,000 documents."""

MOST_CANDIDATES = 10_000
"""Elasticsearch's limit of num_candidates, and of `k`."""


@dataclass(frozen=True)
class Effort:
    """What a search asks of the graph and of the full vectors.

    `candidates` is how many neighbours the graph collects on each shard, 0 where there is no graph. `rescored` is how
    many of the best candidates are compared again by their full vectors, 0 for none, `factor` the least of that a hit.
    """

    candidates: int
    rescored: int = 0
    factor: float = 1.0

    def knn(self, size: int) -> dict[str, Any]:
        """Return the fields of a `knn` search that finds `size` documents: k, num_candidates, rescore_vector."""
        rescored = max(self.rescored, math.ceil(size * self.factor)) if self.rescored else 0
        rescored = min(rescored, MOST_CANDIDATES)
        fields: dict[str, Any] = {
            "k": size,
            "num_candidates": min(max(self.candidates, rescored, size), MOST_CANDIDATES),
        }
        if rescored:
            fields["rescore_vector"] = {"oversample": max(1.0, rescored / size)}
        return fields


EFFORTS: Mapping[str, Effort] = {
    "hnsw": Effort(candidates=200),
    "int8_hnsw": Effort(candidates=200, rescored=100, factor=2),
    "int4_hnsw": Effort(candidates=200, rescored=100, factor=3),
    "bbq_hnsw": Effort(candidates=800, rescored=800, factor=10),
    "flat": Effort(candidates=0),
    "int8_flat": Effort(candidates=0, rescored=100, factor=2),
    "int4_flat": Effort(candidates=0, rescored=100, factor=3),
    "bbq_flat": Effort(candidates=0, rescored=800, factor=10),
}
"""By the type of the index options, as measured by `python -m benchmarks.recall`: see docs/benchmarks.md.

Twice as many candidates as the graph needs, and as many full vectors as find ENOUGH where 1,000 documents are alike.
"""

CAREFUL = EFFORTS["bbq_hnsw"]
"""For index options that this project does not offer, in an index that somebody made by hand."""


def effort_of(index_options: str) -> Effort:
    """Return the effort that index options of a type need."""
    return EFFORTS.get(index_options, CAREFUL)
