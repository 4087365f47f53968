"""The base class of this project's dynamic providers: how they report errors and progress, and stay loadable."""

import sys
import traceback
from collections.abc import Mapping

import pulumi
from pulumi.output import Unknown

from components.errors import StackError

_full_format = traceback.format_exc


class StackProvider(pulumi.dynamic.ResourceProvider):
    """A dynamic provider that shows a StackError to the person as its message alone, without a traceback.

    A subclass must stay in the module that it was first released in: as long as it has no attributes of its own, a
    stack's state holds only its module and name. A subclass reports what it does with `say`, in short lines.
    """

    serialize_as_secret_always = False

    def configure(self, req: pulumi.dynamic.ConfigureRequest) -> None:  # noqa: ARG002 (nothing is configured)
        """Set up error messages; Pulumi calls this in the host process of the providers, and only there."""
        show_stack_errors_without_traceback()


def show_stack_errors_without_traceback() -> None:
    """Make the host process of dynamic providers report a StackError by its message, and a bug by its traceback.

    The host (pulumi/dynamic/__main__.py) reports whatever `traceback.format_exc` returns, and offers nothing else
    to choose what is shown: so this replaces that function in the process, whose only purpose is to run providers.
    """
    traceback.format_exc = _format_exception


def _format_exception(limit: int | None = None, chain: bool = True) -> str:
    error = sys.exc_info()[1]
    return str(error) if isinstance(error, StackError) else _full_format(limit, chain)


def say(line: str) -> None:
    """Show a line immediately; Pulumi shows it once more at the end of the update."""
    print(line, flush=True)


def is_unknown(value: object) -> bool:
    """Tell whether an input of `check` or `diff` has a value that becomes known only during an update.

    Values within lists and dictionaries count too.
    """
    if isinstance(value, Mapping):
        return any(map(is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(is_unknown, value))
    return isinstance(value, Unknown)
