"""`jinactl search`."""

import json
from typing import Annotated

import typer

from components.elasticsearch.client.client import Client
from components.elasticsearch.embedding.search import Answer, Mode
from components.elasticsearch.embedding.search import search as search_index
from components.elasticsearch.errors import FilterError
from jinactl import options
from jinactl.console import Console
from jinactl.errors import UsageError
from jinactl.found import explain as explanation
from jinactl.found import in_json, in_line, table
from jinactl.outputs import StackFacts
from jinactl.same_identity import require_same_identity
from jinactl.stack import read_stack

LARGEST_SIZE = 10_000
"""Elasticsearch's own limit of a search."""

EXAMPLES = """\
\b
Examples:
  jinactl search "my app keeps getting killed"
  jinactl search -s gpu --size 10 --json "my app keeps getting killed" | jq .content
  jinactl search --mode hybrid --explain "OOMKilled"
  jinactl search --filter language=de --filter '{"range": {"year": {"gte": 2020}}}' "Kekse backen"
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(search)


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for, in words.")],
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
    size: Annotated[
        int, typer.Option(min=1, max=LARGEST_SIZE, metavar="N", help="How many documents at most.")
    ] = 3,
    mode: Annotated[
        Mode, typer.Option(help="By meaning, by words (BM25), or both rankings fused by their ranks.")
    ] = "semantic",
    filters: options.Filters = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Also show ranks and scores of each side, the requests, and times."),
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Search by meaning, by words, or both."""
    console = Console(as_json=as_json)
    _require_text(query, *(filters or []))
    facts = read_stack(stack, outputs, index)
    answer = _ask(facts, query, mode, size, filters or [], sides=explain)
    _show(console, answer, mode, sides=explain)
    if explain:
        told = explanation(answer, mode, size)
        console.say(json.dumps(told, ensure_ascii=False, indent=None if as_json else 2))
    if not answer.hits:
        narrowed = " that match the filters" if filters else ""
        lacking = "with words of the query" if mode == "text" else "with vectors"
        console.say(f"nothing found: {facts.index} holds no documents {lacking}{narrowed}")


def _require_text(query: str, *filters: str) -> None:
    if not query.strip():
        raise UsageError("QUERY is empty: say in words what to look for.")
    for text in (query, *filters):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UsageError("QUERY and filters must be text in UTF-8, and one of them is not.") from error


def _ask(facts: StackFacts, query: str, mode: Mode, size: int, filters: list[str], *, sides: bool) -> Answer:
    with Client(facts.connection) as client:
        if mode != "text":
            # A migration to other dims may be about to move the alias, or have done so: no reason to refuse.
            require_same_identity(client, facts, except_for=["dims"])
        try:
            return search_index(
                client,
                facts.index,
                facts.embedder,
                query,
                mode=mode,
                size=size,
                filters=filters,
                sides=sides,
            )
        except FilterError as error:
            raise UsageError(str(error)) from error


def _show(console: Console, answer: Answer, mode: Mode, *, sides: bool) -> None:
    if console.as_json:
        for hit in answer.hits:
            console.json(in_json(hit, mode, sides=sides))
    elif console.results.is_terminal and answer.hits:
        console.results.print(table(answer, mode, sides=sides), soft_wrap=False)
    else:
        for hit in answer.hits:
            console.print(in_line(hit))
