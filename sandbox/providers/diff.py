"""Finds which properties differ between what was and what is wanted, as paths that the CLI can show."""

import json
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


def changes(
    old: Properties,
    new: Properties,
    *,
    unordered: Collection[str] = (),
    ignored: Collection[str] = (),
) -> dict[str, Change]:
    """Return the changed properties by path (`healthcheck.interval`, `ports[0].external`).

    The lists under the top-level names in `unordered` are sets: their order does not count, and a change of one is
    reported under the top-level name. A secret equals its plain value. A value that is not known yet differs from
    everything. Paths in `ignored`, and those below them, are left out.
    """
    found: dict[str, Change] = {}
    for name in sorted(old.keys() | new.keys()):
        before, after = plain(old.get(name)), plain(new.get(name))
        if name in unordered:
            before, after = _sorted(before), _sorted(after)
            if not _same(before, after):
                found[name] = _kind(before, after)
        else:
            found.update(_differences(name, before, after))
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


def _sorted(value: Any) -> Any:
    """Return `value` with every list in it sorted, so that two orders of one set are equal."""
    match value:
        case dict():
            return {key: _sorted(item) for key, item in value.items()}
        case list():
            return sorted(
                (_sorted(item) for item in value),
                key=lambda item: json.dumps(item, default=repr, sort_keys=True),
            )
        case _:
            return value


def is_ignored(path: str, ignored: Collection[str]) -> bool:
    """Say whether `path`, or what it lies in, is among the paths in `ignored`."""
    return any(one in (path, "*") or path.startswith((f"{one}.", f"{one}[")) for one in ignored)
