"""`jinactl bench`."""

import time
from typing import Annotated

import typer

from jinactl import options
from jinactl.console import Console
from jinactl.errors import CommandError
from jinactl.kernels.reading import of_server
from jinactl.outputs import StackFacts
from jinactl.stack import read_stack

LIMIT = 55.0
"""Seconds that a measurement takes at most, where servers answer."""

LOADS = 3

EXAMPLES = """\
\b
Examples:
  jinactl bench
  jinactl bench -s gpu --running-only
  jinactl bench --json | jq -r .advice
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES, short_help="Measure the server, and which setting makes it faster here.")(
        bench
    )


def bench(
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    running_only: Annotated[
        bool, typer.Option("--running-only", help="Start no second server beside the stack's.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Measure in under a minute how fast the stack embeds on its machine, and which setting would make it faster.

    Short texts, paragraphs and a long text are embedded through the gateway, as documents are. Then, where Docker is
    on this machine, a second server of the stack's image embeds by turns with it, with another value of serverOnednn,
    and of quant where its model file is there already. Nothing is written, and it does not begin while documents are
    being embedded. Searches are slower meanwhile.
    """
    # They know the stack's containers, and so load Pulumi, which the other commands do without.
    from jinactl.bench.beside import Beside, compare  # noqa: PLC0415
    from jinactl.bench.report import Report, lines  # noqa: PLC0415
    from jinactl.bench.running import Running  # noqa: PLC0415

    until = time.monotonic() + LIMIT
    console = Console(as_json=as_json)
    facts = read_stack(stack, outputs)
    console.say("measuring for up to a minute; searches are slower meanwhile")
    running = Running(facts.served)
    with console.progress("kinds of text", LOADS) as advance:
        measured = list(running.measure(advance))
    beside = (
        Beside([], {"": "--running-only"})
        if running_only
        else compare(facts.served, running, until, console.say)
    )
    report = Report(_multiplies(facts), measured, beside, stack)
    if as_json:
        console.json(report.as_dict())
        return
    for line in lines(report):
        console.print(line)


def _multiplies(facts: StackFacts) -> str:
    try:
        return of_server(facts).text
    except CommandError as error:
        return f"what is not known ({error})"
