"""Search without an index: every vector is compared with the query, so nothing is missed."""

import numpy as np

from jinactl.evaluate.vectors import Vectors


def cut(vectors: Vectors, dims: int) -> Vectors:
    """Return the first `dims` numbers of each row, with length 1 again, as the gateway cuts; a row of zeros stays."""
    if dims == vectors.shape[1]:
        return vectors
    kept = vectors[:, :dims].astype(np.float64)
    lengths = np.linalg.norm(kept, axis=1, keepdims=True)
    return (kept / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def nearest(documents: Vectors, query: Vectors, most: int) -> list[int]:
    """Return the rows of the `most` documents nearest to a query (a row), the nearest first."""
    scores = documents @ query
    most = min(most, len(scores))
    best = np.argpartition(-scores, most - 1)[:most] if most < len(scores) else np.arange(len(scores))
    # Of equal ones the first row comes first, in whatever order they were found.
    ordered = best[np.lexsort((best, -scores[best]))]
    return [int(one) for one in ordered]
