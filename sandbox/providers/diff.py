"""Finds which properties differ between what was and what is wanted, as paths that the CLI can show."""

from collections.abc import Collection, Iterator
from enum import Enum
from typing import Any, NamedTuple

from sandbox.providers.values import Properties, Unknown, plain


class Change(Enum):
    """How a property changed."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


class Difference(NamedTuple):
    """A changed property: how it changed, and whether the resource has to be replaced for it."""

    change: Change
    replaces: bool


def changes(old: Properties, new: Properties, *, ignored: Collection[str] = ()) -> dict[str, Change]:
    """Return the changed properties by path (`environment.WHO`, `triggers[0]`).

    A secret equals its plain value. A value that is not known yet differs from everything. Paths in `ignored`, and
    those below them, are left out.
    """
    found: dict[str, Change] = {}
    for name in sorted(old.keys() | new.keys()):
        found.update(_differences(name, plain(old.get(name)), plain(new.get(name))))
    return {path: change for path, change in found.items() if not is_ignored(path, ignored)}


def top_level(path: str) -> str:
    """Return the name of the resource's property that `path` lies in."""
    return path.partition(".")[0].partition("[")[0]


def _differences(path: str, before: Any, after: Any) -> Iterator[tuple[str, Change]]:
    if _same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _differences(f"{path}.{name}", before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (left, right) in enumerate(zip(before, after, strict=True)):
            yield from _differences(f"{path}[{index}]", left, right)
    else:
        yield path, _kind(before, after)


def _kind(before: Any, after: Any) -> Change:
    if before is None:
        return Change.ADD
    return Change.DELETE if after is None else Change.UPDATE


def _same(before: Any, after: Any) -> bool:
    match before, after:
        case (Unknown(), _) | (_, Unknown()):
            return False
        case dict(), dict():
            return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
        case list(), list():
            return len(before) == len(after) and all(map(_same, before, after))
        case _:
            return type(before) is type(after) and bool(before == after)


def is_ignored(path: str, ignored: Collection[str]) -> bool:
    """Say whether `path`, or what it lies in, is among the paths in `ignored`."""
    return any(one in (path, "*") or path.startswith((f"{one}.", f"{one}[")) for one in ignored)
