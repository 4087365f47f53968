"""Reads what the installed Pulumi SDK for a provider knows into the JSON document that `schema` loads.

It imports the SDK, which is slow, so it happens once: `python -m sandbox.providers.sdk_schema docker`.
"""

import inspect
import json
import sys
import types
import typing
from collections.abc import Awaitable
from enum import Enum
from importlib import import_module
from typing import Any

from pulumi._types import input_type_py_to_pulumi_names, input_type_types, resource_types

from sandbox.providers.schema import Type

RESOURCES = {
    "docker": {
        "docker:index/image:Image": ("pulumi_docker", "Image"),
        "docker:index/remoteImage:RemoteImage": ("pulumi_docker", "RemoteImage"),
        "docker:index/network:Network": ("pulumi_docker", "Network"),
        "docker:index/volume:Volume": ("pulumi_docker", "Volume"),
        "docker:index/container:Container": ("pulumi_docker", "Container"),
    },
    "command": {"command:local:Command": ("pulumi_command.local", "Command")},
}
"""The resources that the stand-ins serve, and where their SDK classes are."""

SCALARS: dict[Any, str] = {str: "string", bool: "boolean", int: "integer", float: "number", Any: "any"}


def introspect(provider: str) -> dict[str, Any]:
    """Return the JSON document of the schema of `provider`, from its SDK's generated classes."""
    objects: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    outputs: dict[str, list[str]] = {}
    for token, (module, name) in RESOURCES[provider].items():
        package = import_module(module)
        inputs[token] = _object(getattr(package, f"{name}Args"), objects)
        outputs[token] = sorted(resource_types(getattr(package, name)))
    return {"inputs": inputs, "outputs": outputs, "types": objects}


def _object(args: type, objects: dict[str, Any]) -> dict[str, Any]:
    names = input_type_py_to_pulumi_names(args)
    parameters = inspect.signature(args).parameters
    required = [
        names[name]
        for name, parameter in parameters.items()
        if parameter.default is inspect.Parameter.empty and name in names
    ]
    properties = {name: _type(hint, objects) for name, hint in input_type_types(args).items()}
    return {"properties": properties, "required": sorted(required)}


def _type(hint: Any, objects: dict[str, Any]) -> Type:
    """Return the type for a hint of the SDK: Input wrappers, Optional and typed dictionaries fall away."""
    if hint in SCALARS:
        return SCALARS[hint]
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _union([part for part in typing.get_args(hint) if _counts(part)], objects)
    if origin is not None and issubclass(origin, typing.Mapping):
        return {"map": _type(typing.get_args(hint)[1], objects)}
    if origin is not None and issubclass(origin, typing.Sequence):
        return {"array": _type(typing.get_args(hint)[0], objects)}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if isinstance(hint, type):
        name = hint.__name__.removesuffix("Args")
        if name not in objects:
            objects[name] = {}  # before its properties: a type may mention itself
            objects[name] = _object(hint, objects)
        return {"object": name}
    raise TypeError(f"the SDK uses a type that this reader does not know: {hint!r}")


def _union(parts: list[Any], objects: dict[str, Any]) -> Type:
    """Return the type of what is left of a union; an enum beside `str` stands for the enum alone."""
    enums = [part for part in parts if isinstance(part, type) and issubclass(part, Enum)]
    chosen = enums or parts
    if len(chosen) != 1:
        raise TypeError(f"the SDK uses a union that this reader does not know: {parts!r}")
    return _type(chosen[0], objects)


def _counts(part: Any) -> bool:
    """Say whether a member of a union is the value itself, not one of the wrappers that Input[T] adds."""
    if part is type(None) or typing.is_typeddict(part):
        return False
    origin = typing.get_origin(part) or part
    if origin is Awaitable:
        return False
    return not (isinstance(origin, type) and origin.__module__ == "pulumi.output")


def main() -> None:
    """Write the schema of the provider named by the first argument to standard output."""
    json.dump(introspect(sys.argv[1]), sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
