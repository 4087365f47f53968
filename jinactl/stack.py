"""Finds out a stack's outputs: from Pulumi by its Automation API, or from a file or pipe that has them."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinactl.errors import CommandError, UsageError
from jinactl.outputs import ASK, StackFacts, facts_of

PROJECT = Path(__file__).resolve().parents[1]
"""The folder of the Pulumi project, where its stacks are selected."""

STANDARD_INPUT = "-"


def read_stack(stack: str = "", outputs: str = "", index: str = "") -> StackFacts:
    """Return how to reach a stack, and one of its indices.

    `stack` is its name, empty for the selected one; `outputs` a file with its outputs, or - for standard input. `index`
    chooses an index, empty the first. Raises CommandError when the outputs can't be had, or
    are not those of a stack that is up.
    """
    found, source = read_outputs(stack, outputs)
    return facts_of(found, source, index)


def read_outputs(stack: str = "", outputs: str = "") -> tuple[Mapping[str, Any], str]:
    """Return a stack's outputs, whatever they are, and where they are from; the arguments are those of `read_stack`.

    Raises CommandError when they can't be had, and UsageError where both arguments say which stack is meant.
    """
    if stack and outputs:
        raise UsageError("--stack and --outputs both say which stack is meant: leave one of them out.")
    if outputs:
        return _from_file(outputs), _shown(outputs)
    return _from_pulumi(stack), f"the outputs of stack {stack}" if stack else "the stack's outputs"


def _shown(outputs: str) -> str:
    return "standard input" if outputs == STANDARD_INPUT else outputs


def _from_file(outputs: str) -> Mapping[str, Any]:
    source = _shown(outputs)
    try:
        text = sys.stdin.read() if outputs == STANDARD_INPUT else Path(outputs).read_text(encoding="utf-8")
        found = json.loads(text)
    except OSError as error:
        raise CommandError(
            f"The stack's outputs cannot be read from {source} ({error.strerror}). Name the stack with -s, or write "
            f"them there: {ASK} > {source}"
        ) from error
    except ValueError as error:
        raise CommandError(f"{source} is not JSON: it must be what {ASK} prints.") from error
    if not isinstance(found, Mapping):
        raise CommandError(f"{source} is not an object of outputs: it must be what {ASK} prints.")
    return found


def _from_pulumi(stack: str) -> Mapping[str, Any]:
    # Imported here: it takes longer than everything else, and is needed only without --outputs.
    from pulumi.automation import CommandError as PulumiError  # noqa: PLC0415
    from pulumi.automation import PulumiCommand  # noqa: PLC0415

    # `select_stack(...).outputs()` would select the stack for people's own next `pulumi` too, and runs the CLI four
    # times; the API's command runs it once, changes nothing, and passes no secret as an argument.
    asked = ["stack", "output", "--json", "--show-secrets", *(["--stack", stack] if stack else [])]
    try:
        answer = PulumiCommand(skip_version_check=True).run(
            asked, str(PROJECT), {"PULUMI_SKIP_UPDATE_CHECK": "true"}
        )
    except FileNotFoundError as error:
        raise CommandError(
            "`pulumi`, which knows where the stack is, is not on PATH. Install it, or name a file with the stack's "
            "outputs: --outputs FILE."
        ) from error
    except (PulumiError, subprocess.CalledProcessError) as error:
        raise CommandError(_advice(str(error), stack)) from error
    found: Mapping[str, Any] = json.loads(answer.stdout)
    if not found:
        raise CommandError(
            f"{f'Stack {stack}' if stack else 'The selected stack'} has no outputs: `pulumi up` brings it up first."
        )
    return found


def _advice(told: str, stack: str) -> str:
    """Return what to do about a failing `pulumi stack output`, whose output is `told`."""
    if "no stack named" in told:
        return f"There is no stack {stack}. `pulumi stack ls` in {PROJECT} lists those that there are."
    if "no stack selected" in told or "no current stack" in told or "provide a stack name" in told:
        return f"No stack is selected. Name one: -s cpu, or run `pulumi stack select cpu` in {PROJECT}."
    if "passphrase" in told:
        return (
            "The stack's secrets are encrypted with a passphrase, which Pulumi was not given or which is another one: "
            "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, as for `pulumi up`."
        )
    if "pulumi login" in told or "PULUMI_ACCESS_TOKEN" in told:
        return "Pulumi does not know where the stacks are kept: run `pulumi login --local`, or log in to your backend."
    # Before it stands what Pulumi printed on standard output, which may have secrets.
    said = told.rpartition("\n stderr: ")[2]
    reason = " ".join([line for line in said.splitlines() if line.strip()][-3:]).strip()
    return f"Pulumi did not tell the stack's outputs: {reason}"
