"""The tables of docs/evidence.md."""

from collections.abc import Mapping, Sequence

from benchmarks.evidence.debian import LANGUAGES
from benchmarks.evidence.news import Agreement
from jinactl.evaluate.evaluation import Evaluation
from jinactl.evaluate.measures import Estimate
from jinactl.evaluate.report import markdown_table
from jinactl.outputs import ServedModel
from sandbox.models.library import TWIN_REPOSITORY

Pair = tuple[str, str]
"""The languages of queries and of documents."""

OF_THE_SANDBOX = (
    "**All tables of quality on this page are about the sandbox's stand-in model and about nothing else: "
    "all-MiniLM-L6-v2 doubled to 768 outputs, which knows English alone. They say nothing about "
    "jina-embeddings-v5-text-nano; the commands below measure that in the same way.**"
)


def subject(served: ServedModel) -> str:
    """Return the line that says which model the tables are about."""
    if served.repository == TWIN_REPOSITORY:
        return OF_THE_SANDBOX
    return f"**All tables of quality on this page are about {served.name} ({served.repository}, {served.revision}).**"


def languages_table(found: Mapping[Pair, Evaluation], measure: str) -> list[str]:
    """Return the table of one measure (`ndcg` or `recall`): a row for each pair of languages, a column for the dims."""
    dims = [row.dims for row in next(iter(found.values())).rows]
    head = ["queries", "documents", *(f"{one} dims" for one in dims)]
    rows = [
        [LANGUAGES[pair[0]], LANGUAGES[pair[1]], *(_cell(getattr(row, measure)) for row in one.rows)]
        for pair, one in found.items()
    ]
    return table(head, rows)


def combinations_table(found: Evaluation) -> list[str]:
    """Return the table of `jinactl evaluate`, and its recommended line."""
    return [*markdown_table(found), "", f"Recommended: {found.recommendation.line}."]


def news_table(found: Sequence[Agreement]) -> list[str]:
    """Return how embeddings agree with people, a row for each dims."""
    return table(
        ["dims", "Spearman", "95%", "Pearson", "95%"],
        [
            [
                str(one.dims),
                f"{one.spearman:.3f}",
                f"{one.spearman_interval[0]:.3f} to {one.spearman_interval[1]:.3f}",
                f"{one.pearson:.3f}",
                f"{one.pearson_interval[0]:.3f} to {one.pearson_interval[1]:.3f}",
            ]
            for one in found
        ],
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table in Markdown."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def _cell(found: Estimate) -> str:
    low, high = found.interval
    return f"{found.mean:.3f} (±{(high - low) / 2:.3f})"
