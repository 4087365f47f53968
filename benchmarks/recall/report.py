"""Writes the results as the table of docs/benchmarks.md."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.recall.measurement import DEFAULT, SIZES, Measured
from benchmarks.server.report import table
from components.elasticsearch.embedding.candidates import ENOUGH, effort_of

BEGIN = "<!-- recall: made by `python -m benchmarks.recall` from docs/benchmarks-recall.json -->"
HEAD = (
    "index options",
    "dims",
    "documents",
    "alike",
    "left to Elasticsearch",
    "as `jinactl search` asks",
    "compared in full",
    "enough",
)
ORDER = ("hnsw", "int8_hnsw", "int4_hnsw", "bbq_hnsw", "flat", "int8_flat", "int4_flat", "bbq_flat")

Index = tuple[str, int, int, int]


def lines_of(results: Mapping[str, Any]) -> list[str]:
    """Return the table as lines of Markdown: a row for each index that was measured."""
    indices: dict[Index, list[Measured]] = {}
    for row in results["recall"]:
        one = Measured(**row)
        indices.setdefault((one.options, one.dims, one.documents, one.cluster_size), []).append(one)
    ordered = sorted(indices, key=lambda index: (ORDER.index(index[0]), *index[1:]))
    rows = (_row(index, indices[index]) for index in ordered)
    facts = results["machine"]
    where = f"{facts['cores']} cores of {facts['processor']}, {facts['measured']}, load of the machine "
    where += f"{facts['load_1min_at_the_end']} at the end."
    return ["", *table(HEAD, rows), "", where]


def as_searched(options: str, found: Iterable[Measured]) -> Measured | None:
    """Return what was found by the candidates and the rescoring with which the project searches."""
    effort = effort_of(options)
    same = [one for one in found if (one.rescored or 0) == effort.rescored and one.candidates is not None]
    return next((one for one in same if not effort.candidates or one.candidates == effort.candidates), None)


def enough(found: Iterable[Measured]) -> int | None:
    """Return the least number of full vectors with which as much was found as the project demands."""
    return min(
        (one.rescored for one in found if one.rescored is not None and min(one.recall.values()) >= ENOUGH),
        default=None,
    )


def _row(index: Index, found: Sequence[Measured]) -> list[object]:
    options, dims, documents, alike = index
    searched = as_searched(options, found)
    default = next(
        (one for one in found if (one.candidates, one.rescored) == (DEFAULT.candidates, DEFAULT.rescored)),
        None,
    )
    rescored = "" if searched is None or searched.rescored is None else searched.rescored
    least = enough(found)
    return [
        f"`{options}`",
        dims,
        f"{documents:,}",
        f"{alike:,}",
        _shares(default),
        _shares(searched),
        rescored,
        "" if least is None else least,
    ]


def _shares(one: Measured | None) -> str:
    return "" if one is None else ", ".join(f"{one.recall[str(size)]:.3f}" for size in SIZES)
