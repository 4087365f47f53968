"""`jinactl search`."""

from typing import Annotated

import typer

from components.elasticsearch.client.client import Client
from components.elasticsearch.embedding.search import search as search_index
from jinactl import options
from jinactl.console import Console
from jinactl.same_identity import require_same_identity
from jinactl.stack import read_stack

LARGEST_SIZE = 10_000
"""Elasticsearch's own limit of a search."""

EXAMPLES = """\
\b
Examples:
  jinactl search "my app keeps getting killed"
  jinactl search -s gpu --size 10 --json "my app keeps getting killed" | jq .content
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(search)


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for, in words.")],
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
    size: Annotated[int, typer.Option(min=1, max=LARGEST_SIZE, help="How many documents at most.")] = 3,
    as_json: options.AsJson = False,
) -> None:
    """Search by meaning."""
    console = Console(as_json=as_json)
    facts = read_stack(stack, outputs, index)
    with Client(facts.connection) as client:
        # A migration to other dims may be about to move the alias, or have done so: that is no reason to refuse.
        require_same_identity(client, facts, except_for=["dims"])
        hits = search_index(client, facts.index, facts.embedder, query, size=size).hits
    for hit in hits:
        if as_json:
            console.json({"_id": hit.id, "_score": hit.score, "content": hit.content})
        else:
            console.print(f"{hit.score:.4f}  {hit.id}  {hit.content}")
    if not hits:
        console.say(f"nothing found: {facts.index} holds no documents with vectors")
