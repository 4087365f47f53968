"""Declares a setting in one line of a dataclass: its key, its kind of value, and the server's variable for it."""

from collections.abc import Iterator
from dataclasses import Field, field, fields
from typing import Any, ClassVar, Protocol

from components.settings.kinds import Kind, Value, secret
from components.settings.reader import SettingsReader

PREFIX = "LLAMA_ARG_"
"""What the names of llama-server's variables begin with."""


class Group(Protocol):
    """A dataclass of settings."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


def setting(key: str, kind: Kind[Value], *, env: str = "", **options: Any) -> Value:
    """Declare a field as the setting `key` of Pulumi.yaml, which also has its default.

    `env` names the variable of llama-server, without LLAMA_ARG_, that gets the setting's value. Naming it here is
    enough for the variable to be passed to the server and refused in serverExtraArguments. `options` are passed to
    `dataclasses.field`.
    """
    metadata = {"key": key, "kind": kind, "env": env}
    declared: Value = field(metadata=metadata, repr=kind is not secret, **options)
    return declared


def read_fields(group: type[Group], reader: SettingsReader) -> dict[str, Any]:
    """Read every setting of a dataclass; what cannot be used is noted in `reader`."""
    return {one.name: one.metadata["kind"](reader, one.metadata["key"]) for one in _settings(group)}


def variables_of(group: Group) -> dict[str, str]:
    """Return the values of llama-server's variables that settings decide, by their names without LLAMA_ARG_."""
    values = {
        one.metadata["env"]: getattr(group, one.name) for one in _settings(group) if one.metadata["env"]
    }
    return {name: str(int(value) if isinstance(value, bool) else value) for name, value in values.items()}


def keys_of_variables(group: type[Group]) -> dict[str, str]:
    """Return the keys of the settings that decide llama-server's variables, by the variables' names as above."""
    return {one.metadata["env"]: one.metadata["key"] for one in _settings(group) if one.metadata["env"]}


def _settings(group: Group | type[Group]) -> Iterator[Field[Any]]:
    return (one for one in fields(group) if "key" in one.metadata)
