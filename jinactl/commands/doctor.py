"""`jinactl doctor`."""

import typer

from components.errors import StackError
from jinactl import options
from jinactl.console import Console
from jinactl.doctor.declared import read_declared
from jinactl.doctor.examination import Report, examine, lines, unreadable
from jinactl.errors import UsageError
from jinactl.outputs import facts_of
from jinactl.stack import read_outputs

FOUND = 1
"""Exit code where a cause of trouble was found."""

HINT = "`jinactl bench` measures in under a minute which setting makes this machine faster"

EXAMPLES = """\
\b
Examples:
  jinactl doctor
  jinactl doctor -s gpu --json | jq '.found[].remedy'
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES, short_help="Look for causes of trouble, and say how to mend them.")(doctor)


def doctor(
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.EachIndex = "",
    as_json: options.AsJson = False,
) -> None:
    """Look for causes of trouble, and name the command that mends each.

    Looks at the Docker engine and the containers, or the Kubernetes cluster and the pods, then at the gateway, the
    servers, Elasticsearch, its disk and license, the index, its endpoints and its documents. Changes nothing. The exit
    code is 0 when all is well, and 1 when something is found.
    """
    console = Console(as_json=as_json)
    report = _report(stack, outputs, index)
    if as_json:
        console.json(report.as_dict())
    else:
        for line in lines(report):
            console.print(line)
    if report.found:
        raise typer.Exit(FOUND)
    console.say(HINT)


def _report(stack: str, outputs: str, index: str) -> Report:
    try:
        found, source = read_outputs(stack, outputs)
        declared = read_declared(found, facts_of(found, source, index), alone=bool(index))
    except UsageError:
        raise
    except StackError as error:
        return unreadable(error)
    return examine(declared)
