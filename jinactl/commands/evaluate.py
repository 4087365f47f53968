"""`jinactl evaluate`."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from components.settings.quantisations import QUANTS
from components.settings.schema import DIMS
from jinactl import options
from jinactl.console import Console
from jinactl.errors import CommandError, UsageError
from jinactl.stack import read_stack

EXAMPLES = """\
\b
Examples:
  jinactl evaluate
  jinactl evaluate queries.tsv --qrels judgements.txt --dims 128,256,768
  jinactl evaluate --quants F16,Q6_K,Q4_K_M --index-options int8_hnsw,bbq_hnsw,exact --markdown table.md
  jinactl evaluate --corpus documents.ndjson --documents 20000 --json | jq .recommended
"""

NEEDED = {"numpy": "numpy", "ir_measures": "ir-measures", "matplotlib": "matplotlib"}
"""What the extra `evaluate` installs, by the names under which it is imported."""

EXACT = "exact"
INDEX_OPTIONS = (*"hnsw int8_hnsw int4_hnsw bbq_hnsw flat int8_flat int4_flat bbq_flat".split(), EXACT)
ALL = "all"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES, short_help="Measure quants, dims and index options on your documents.")(
        evaluate
    )


def evaluate(
    queries: Annotated[
        Path | None,
        typer.Argument(
            metavar="QUERIES",
            help='Queries, one a line: {"_id", "text"} as JSON, or id, tab, text. Without them, titles or first '
            "sentences of documents are the queries, each answered by its document.",
            show_default=False,
        ),
    ] = None,
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
    qrels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Judgements in TREC's format: query 0 document relevance."),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Search in the documents of a file or folder instead of the index: any that `jinactl ingest` reads.",
        ),
    ] = None,
    documents: Annotated[
        int, typer.Option(min=2, metavar="N", help="Take a sample where there are more documents.")
    ] = 5000,
    most_queries: Annotated[
        int, typer.Option("--queries", min=1, metavar="N", help="How many queries to make of documents.")
    ] = 300,
    quants: Annotated[
        str,
        typer.Option(metavar="LIST", help="Quants, with commas between, or all.", show_default="the stack's"),
    ] = "",
    dims: Annotated[
        str,
        typer.Option(metavar="LIST", help="Dims, with commas between, or all.", show_default="all"),
    ] = "",
    index_options: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help="Index options and exact, with commas between, or all.",
            show_default="the stack's, and exact",
        ),
    ] = "",
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the table to a file in Markdown, too.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the table, to a file such as table.svg.")
    ] = None,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Keep vectors, and use those of earlier runs.")
    ] = True,
    as_json: options.AsJson = False,
) -> None:
    """Measure quants, dims and index options on your own documents, and recommend one."""
    _require_extra()
    # They need what the extra installs.
    from jinactl.evaluate.command import Asked, evaluate_stack  # noqa: PLC0415
    from jinactl.evaluate.output import show  # noqa: PLC0415

    console = Console(as_json=as_json)
    for target in (markdown, plot):
        _require_folder(target)
    facts = read_stack(stack, outputs, index)
    asked = Asked(
        queries=queries,
        judgements=qrels,
        corpus=corpus,
        most_documents=documents,
        most_queries=most_queries,
        quants=_chosen("quant", quants, tuple(QUANTS)),
        dims=_dims(dims, facts.served.width),
        index_options=_chosen("index option", index_options, INDEX_OPTIONS),
        cache=cache,
    )
    show(evaluate_stack(facts, asked, console), console, markdown, plot)


def _require_extra() -> None:
    missing = [name for module, name in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise CommandError(
            f"This command needs {', '.join(missing)}, which only it uses. Install what it needs: "
            ".venv/bin/pip install -e '.[evaluate]'"
        )


def _require_folder(target: Path | None) -> None:
    if target and not target.parent.is_dir():
        raise UsageError(f"{target} cannot be written: there is no folder {target.parent}.")


def _chosen(what: str, given: str, allowed: Sequence[str]) -> list[str]:
    """Return the names in a list with commas, each once; none for an empty list."""
    names = list(dict.fromkeys(one.strip() for one in given.split(",") if one.strip()))
    if names == [ALL]:
        return list(allowed)
    for name in names:
        if name not in allowed:
            raise UsageError(f"There is no {what} {name}: it is one of {', '.join(allowed)}, or all.")
    return names


def _dims(given: str, width: int) -> list[int]:
    trained = [str(one) for one in sorted({*(one for one in DIMS if one < width), width}, reverse=True)]
    chosen = _chosen("dims", given, trained) or trained
    return sorted(map(int, chosen), reverse=True)
