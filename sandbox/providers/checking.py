"""Checks a resource's inputs against what the SDK knows: unknown, missing and wrongly typed properties."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sandbox.providers.schema import ObjectSchema, Schema, Type
from sandbox.providers.values import Opaque, Properties, Secret, Unknown

SCALARS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


class Failure(NamedTuple):
    """One thing wrong with the inputs: the path of the property (`ports[0].internal`) and the reason."""

    path: str
    reason: str


def failures(token: str, inputs: Properties, schema: Schema) -> list[Failure]:
    """Return all that is wrong with the `inputs` of a resource of type `token`; values are never quoted."""
    return list(_object("", inputs, schema.inputs[token], schema))


def _object(path: str, value: Properties, expected: ObjectSchema, schema: Schema) -> Iterator[Failure]:
    for name in sorted(expected.required - value.keys()):
        yield Failure(_join(path, name), "is required and was not given")
    for name, item in value.items():
        if name not in expected.properties:
            known = ", ".join(sorted(expected.properties))
            yield Failure(_join(path, name), f"is not a property that the SDK knows here; it knows: {known}")
        else:
            yield from _value(_join(path, name), item, expected.properties[name], schema)


def _value(path: str, value: Any, expected: Type, schema: Schema) -> Iterator[Failure]:
    if isinstance(value, Secret):
        yield from _value(path, value.value, expected, schema)
    elif isinstance(value, Unknown) or expected == "any":
        return
    elif value is None:
        yield Failure(path, "is null")
    elif isinstance(expected, str):
        if not _is_scalar(value, expected):
            yield Failure(path, f"must be of type {expected}, and is {_kind(value)}")
    else:
        yield from _compound(path, value, expected, schema)


def _compound(path: str, value: Any, expected: dict[str, Any], schema: Schema) -> Iterator[Failure]:
    match expected, value:
        case {"enum": allowed}, _:
            if value not in allowed:
                yield Failure(path, f"must be one of {', '.join(map(str, allowed))}")
        case {"array": item_type}, list():
            for index, item in enumerate(value):
                yield from _value(f"{path}[{index}]", item, item_type, schema)
        case {"map": item_type}, dict():
            for name, item in value.items():
                yield from _value(_join(path, name), item, item_type, schema)
        case {"object": name}, dict():
            yield from _object(path, value, schema.types[name], schema)
        case _:
            yield Failure(path, f"must be of type {next(iter(expected))}, and is {_kind(value)}")


def _is_scalar(value: Any, expected: str) -> bool:
    return isinstance(value, SCALARS[expected]) and (expected == "boolean" or not isinstance(value, bool))


def _kind(value: Any) -> str:
    if isinstance(value, Opaque):
        return "an asset, archive or reference"
    names = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), type(value).__name__)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
