"""What was measured, as a table on screen, in Markdown, and as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rich.table import Table

from jinactl.evaluate.evaluation import Evaluation
from jinactl.evaluate.measures import Estimate
from jinactl.evaluate.rows import Row

COLUMNS = (
    "quant",
    "dims",
    "index option",
    "nDCG@10",
    "95%",
    "recall@100",
    "95%",
    "as good",
    "bytes a document",
    "query, ms",
    "documents/s",
)
WORDS = 3
"""The first columns, which are not numbers to be aligned on the right."""

ON_SCREEN = (
    "quant",
    "dims",
    "index\noption",
    "nDCG\n@10",
    "95%",
    "recall\n@100",
    "95%",
    "as\ngood",
    "bytes",
    "query\nms",
    "texts\na s",
)
"""The same, for a terminal of 80 columns: only the intervals may be broken there."""

WIDTH = 120
"""Characters in which the table has a line a row, where there is no terminal that says how wide it is."""

MEANING = (
    "95%: the interval of the mean. As good: the difference to the best row is not certain at 95%, by a paired "
    "bootstrap over the queries, and its mean is at most 0.02. Bytes: the vector in memory, with its place in the "
    "graph. Query: embedding and search, one at a time. Documents a second: embedding alone."
)


def summary(found: Evaluation) -> str:
    """Return what was measured in one line."""
    of = f" of {found.of:,}" if found.of > found.documents else ""
    return f"{found.model}: {found.queries:,} queries in {found.documents:,}{of} documents"


def screen_table(found: Evaluation) -> Table:
    """Return the table for a terminal; the recommended row is in bold."""
    table = Table(title=summary(found), caption=MEANING, box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for number, column in enumerate(ON_SCREEN):
        words, interval = number < WORDS, column == "95%"
        table.add_column(column, justify="left" if words else "right", no_wrap=not interval)
    for row in found.rows:
        table.add_row(*_cells(row), style="bold" if row is found.recommendation.row else None)
    return table


def markdown(found: Evaluation) -> str:
    """Return the page: what was measured, the table, the recommended line, and what a reader must know."""
    return "\n".join([f"{summary(found)}.", "", *markdown_table(found), "", *_below(found), ""])


def markdown_table(found: Evaluation) -> list[str]:
    """Return the lines of the table."""
    head = [" | ".join(COLUMNS), " | ".join("---" for _ in COLUMNS)]
    rows = [" | ".join(_cells(row)) for row in found.rows]
    return [f"| {line} |" for line in (*head, *rows)]


def _below(found: Evaluation) -> Iterator[str]:
    yield f"Recommended: {found.recommendation.line}."
    yield ""
    yield MEANING
    for note in found.notes:
        yield f"- {note}"


def as_values(found: Evaluation) -> Mapping[str, Any]:
    """Return the same as plain values."""
    return {
        "model": found.model,
        "documents": found.documents,
        "documents_of": found.of,
        "queries": found.queries,
        "rows": [{**asdict(row), "as_good": row.is_as_good} for row in found.rows],
        "recommended": {
            **{key: getattr(found.recommendation.row, key) for key in ("quant", "dims", "index_option")},
            "reason": found.recommendation.reason,
        },
        "notes": list(found.notes),
    }


def _cells(row: Row) -> list[str]:
    return [
        row.quant,
        str(row.dims),
        row.index_option,
        f"{row.ndcg.mean:.3f}",
        _shown(row.ndcg),
        f"{row.recall.mean:.3f}",
        _shown(row.recall),
        "yes" if row.is_as_good else "no",
        f"{row.bytes:,}",
        f"{row.query_ms:.1f}",
        f"{row.documents_per_second:.1f}",
    ]


def _shown(found: Estimate) -> str:
    low, high = found.interval
    return f"{low:.3f} to {high:.3f}"
