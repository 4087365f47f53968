"""What the Pulumi SDK for a provider knows: its resources, their properties and types.

Types are written as in JSON: "string", "integer", "number", "boolean", "any", {"array": T}, {"map": T},
{"object": NAME} of a type in `types`, {"enum": [values]}.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Type = Any
"""A type as the module's docstring writes it."""


@dataclass(frozen=True)
class ObjectSchema:
    """The properties of an object by their wire names, and which of them must be given."""

    properties: dict[str, Type]
    required: frozenset[str]


@dataclass(frozen=True)
class Schema:
    """All that the SDK of one provider knows."""

    inputs: dict[str, ObjectSchema]
    outputs: dict[str, frozenset[str]]
    types: dict[str, ObjectSchema]


def load(file: Path) -> Schema:
    """Read a schema that `sdk_schema` has written."""
    document = json.loads(file.read_text())

    def objects(part: str) -> dict[str, ObjectSchema]:
        return {
            name: ObjectSchema(entry["properties"], frozenset(entry["required"]))
            for name, entry in document[part].items()
        }

    outputs = {token: frozenset(names) for token, names in document["outputs"].items()}
    return Schema(objects("inputs"), outputs, objects("types"))
