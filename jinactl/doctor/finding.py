"""What a check is, and what it finds: causes of trouble, each with what mends it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from components.errors import StackError

Read = TypeVar("Read")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A cause of trouble: `what` was found, and the `remedy`, a command wherever there is one."""

    what: str
    remedy: str


class CannotLookError(StackError):
    """A check cannot look; the message says why, and usually another check has found the cause of that."""


@dataclass(frozen=True)
class Check(Generic[Read]):
    """Looks for one cause of trouble, by which it is named, in what was read of a part of the stack.

    `look` raises CannotLookError when what was read does not tell.
    """

    name: str
    look: Callable[[Read], Iterable[Finding]]


def from_error(error: Exception) -> Finding:
    """Return what an error of this project says: what happened first, in a line or sentence, then what to do."""
    said = str(error)
    what, _, remedy = said.partition("\n") if "\n" in said else said.partition(". ")
    what, remedy = " ".join(what.split()), " ".join(remedy.split())
    return Finding(what=what.rstrip("."), remedy=remedy or "`pulumi up` says more.")
