"""The options that commands share: which stack they work on, and how they answer."""

from typing import Annotated

import typer

Stack = Annotated[
    str,
    typer.Option(
        "--stack",
        "-s",
        metavar="NAME",
        help="The Pulumi stack.",
        show_default="the one that `pulumi` has selected",
    ),
]
Outputs = Annotated[
    str,
    typer.Option(
        "--outputs",
        metavar="FILE",
        help="Read what `pulumi stack output --json --show-secrets` printed from a file, or - for standard input, "
        "and run no Pulumi.",
        show_default=False,
    ),
]
IndexName = Annotated[
    str, typer.Option("--index", metavar="NAME", help="One of the stack's indices.", show_default="its first")
]
EachIndex = Annotated[
    str,
    typer.Option("--index", metavar="NAME", help="One of the stack's indices.", show_default="all of them"),
]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        metavar="FILTER",
        help="Only documents that match: field=value, or an Elasticsearch query as JSON. May be repeated: all must "
        "match.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, a line for each thing.")]
