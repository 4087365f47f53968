"""Compares the state of a bridged resource with what is wanted, by the rules of Terraform's SDK (helper/schema).

The state is what the provider has read back, not what was asked for: a value in another spelling is a change for ever.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sandbox.providers.diff import Change, Difference, is_ignored
from sandbox.providers.docker.bridged_schema import Declared, with_defaults
from sandbox.providers.values import Properties, Unknown, plain


def bridged_differences(
    properties: Mapping[str, Declared], state: Properties, wanted: Properties, ignored: Collection[str] = ()
) -> dict[str, Difference]:
    """Return what differs, by property, and whether it replaces the resource.

    A value that is left out equals the empty value of its type; if the engine may choose it, it equals any value. A
    change within an object replaces the resource if the changed field says so; another number of objects, if the list
    says so.
    """
    old, new = (with_defaults(dict(properties), plain(one)) for one in (state, wanted))
    found: dict[str, Difference] = {}
    for name, declared in properties.items():
        replaces = _compared(declared, old.get(name), new.get(name))
        if replaces is not None and not is_ignored(name, ignored):
            found[name] = Difference(_kind(old.get(name), new.get(name)), replaces)
    return found


def _compared(declared: Declared, old: Any, new: Any) -> bool | None:
    """Return None where nothing changes, else whether the change replaces."""
    if isinstance(new, Unknown):
        return declared.force_new
    if _empty(new) and (declared.computed or (declared.suppress and declared.kind == "String")):
        return None
    if declared.fields:
        return _objects(declared, _listed(old), _listed(new))
    if _text(old, declared) == _text(new, declared):
        return None
    return declared.force_new


def _objects(declared: Declared, old: list[Any], new: list[Any]) -> bool | None:
    """Compare two lists of objects, or two sets, of which only the objects that are not in both count."""
    if declared.kind == "Set" or declared.suppress:
        old, new = _without(declared, old, new), _without(declared, new, old)
    answers = [declared.force_new] if len(old) != len(new) else []
    for before, after in _pairs(old, new):
        for name, field in declared.fields.items():
            answer = _compared(field, before.get(name), after.get(name))
            if answer is not None:
                answers.append(answer)
    return any(answers) if answers else None


def _pairs(old: list[Any], new: list[Any]) -> Iterator[tuple[Any, Any]]:
    for index in range(max(len(old), len(new))):
        before, after = (one[index] if index < len(one) else {} for one in (old, new))
        yield before, {} if isinstance(after, Unknown) else after


def _without(declared: Declared, some: list[Any], others: list[Any]) -> list[Any]:
    """Return those of `some` that are not among `others`, sorted."""
    known = {_text(one, declared) for one in others}
    return sorted(
        (one for one in some if _text(one, declared) not in known), key=lambda one: _text(one, declared)
    )


def _listed(value: Any) -> list[Any]:
    """Return objects as a list: where only one is possible, the SDK has no list around it."""
    return [value] if isinstance(value, dict) else value or []


def _text(value: Any, declared: Declared) -> str:
    """Return a value as the text by which it is compared: in a set order does not count, and None equals empty."""
    value = _cleaned(value)
    if isinstance(value, list) and declared.kind == "Set":
        value = sorted(value, key=lambda item: json.dumps(item, default=repr, sort_keys=True))
    return json.dumps(value, default=repr, sort_keys=True)


def _cleaned(value: Any) -> Any:
    match value:
        case dict():
            cleaned = {key: _cleaned(item) for key, item in value.items()}
            return {key: item for key, item in cleaned.items() if item is not None} or None
        case list():
            return [_cleaned(item) for item in value] or None
        case str() | int() | float():
            return value or None
        case _:
            return value


def _empty(value: Any) -> bool:
    return _cleaned(value) is None


def _kind(old: Any, new: Any) -> Change:
    nothing: tuple[Any, ...] = (None, "", [], {})
    if old in nothing:
        return Change.ADD
    return Change.DELETE if new in nothing else Change.UPDATE
