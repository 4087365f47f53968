"""What is measured, and how."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.recall.index import Asked, VectorIndex
from benchmarks.recall.vectors import clustered

SIZES = (1, 3, 10)
DEFAULT = Asked()
RESCORED = (0, 10, 20, 30, 50, 100, 200, 400, 800, 1600)
"""What an index without a graph is asked for."""

CANDIDATES = (100, 200, 400, 800, 1600)
"""What a graph of vectors in full is asked for."""

PAIRS = (
    *((100, 0), (200, 0), (800, 0)),
    *((100, 30), (100, 100), (200, 100), (200, 200), (400, 100), (400, 400)),
    *((800, 200), (800, 800), (1600, 400), (1600, 1600), (3200, 3200)),
)
"""Candidates, and how many of them are compared again, that a graph of quantised vectors is asked for."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One way to ask one index: `recall` by SIZES, the share of the exact first n that are among the first n found."""

    options: str
    dims: int
    documents: int
    cluster_size: int
    candidates: int | None
    rescored: int | None
    recall: dict[str, float]
    milliseconds: float


@dataclass(frozen=True)
class Cell:
    """An index by its options and dims, at how many documents it is asked, and how many of them are alike."""

    options: str
    dims: int
    documents: tuple[int, ...]
    cluster_size: int


def ways(options: str) -> Iterator[Asked]:
    """Return every way to ask an index of these options; what is the same to it is asked once."""
    yield DEFAULT
    if options == "flat":
        return
    if options.endswith("flat"):
        yield from (Asked(max(10, rescored), rescored) for rescored in RESCORED)
        return
    if options == "hnsw":
        yield from (Asked(candidates) for candidates in CANDIDATES)
        return
    yield from (Asked(*pair) for pair in PAIRS)


def measure(index: VectorIndex, cell: Cell, queries: int, say: Callable[[str], None]) -> Iterator[Measured]:
    """Fill an index step by step, and yield what each way to ask it finds at each of the numbers of documents."""
    corpus = clustered(cell.dims, max(cell.documents), queries, cell.cluster_size)
    index.create(cell.options, cell.dims)
    there = 0
    for count in cell.documents:
        began = time.monotonic()
        index.add(corpus.documents[there:count], there)
        there = count
        say(f"{cell.options}, {cell.dims} dims: {count} documents after {time.monotonic() - began:.0f} s")
        exact = corpus.exact(count, max(SIZES))
        for asked in ways(cell.options):
            found, took = index.search(corpus.queries, max(SIZES), asked)
            yield Measured(
                options=cell.options,
                dims=cell.dims,
                documents=count,
                cluster_size=cell.cluster_size,
                candidates=asked.candidates,
                rescored=asked.rescored,
                recall={str(size): round(recall(exact, found, size), 4) for size in SIZES},
                milliseconds=round(statistics.mean(took), 1),
            )


def recall(exact: Sequence[Sequence[int]], found: Sequence[Sequence[int]], size: int) -> float:
    """Return the share of the exact first `size` that are among the first `size` that were found."""
    shares = [
        len(set(right[:size]) & set(got[:size])) / size for right, got in zip(exact, found, strict=True)
    ]
    return statistics.mean(shares)
