"""What the bridged provider declares of each property, from `bridged_properties.txt`, in the SDK's names."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.providers.values import Properties

DECLARED = Path(__file__).with_name("bridged_properties.txt")

RENAMED = {
    "env": "envs",
    "entrypoint": "entrypoints",
    "host": "hosts",
    "network_data": "networkDatas",
    "healthcheck.test": "tests",
    "capabilities.drop": "drops",
    "ipam_config": "ipamConfigs",
}
"""The lists that the SDK names in the plural; every other name differs in its spelling alone."""

LINE = re.compile(
    r"(?P<path>\S+) Type(?P<kind>\w+) forceNew=(?P<force_new>\w+) optional=(?P<optional>\w+) "
    r"computed=(?P<computed>\w+) default=(?P<default>\S*) suppress=(?P<suppress>\w+)"
)


@dataclass(frozen=True)
class Declared:
    """One property: `kind` is Bool, Int, String, List, Set or Map; `fields` are those of an object, by name."""

    kind: str
    force_new: bool
    computed: bool
    default: Any
    suppress: bool
    fields: dict[str, "Declared"]


@cache
def bridged_schema(resource: str) -> dict[str, Declared]:
    """Return the properties of `resource` ("docker_container") by their names in the SDK."""
    _, _, rest = DECLARED.read_text().partition(f"== {resource}\n")
    properties: dict[str, Declared] = {}
    for found in map(LINE.fullmatch, rest.partition("\n== ")[0].splitlines()):
        if found is None:
            raise ValueError(f"{DECLARED.name} has a line that says nothing of a property of {resource}")
        *parents, _ = path = found["path"].split(".")
        siblings = properties
        for depth in range(1, len(parents) + 1):
            siblings = siblings[_name(path[:depth])].fields
        siblings[_name(path)] = _declared(found)
    return properties


def with_defaults(properties: dict[str, Declared], values: Properties) -> Properties:
    """Return `values` with the defaults of what they leave out, within objects too."""
    filled = {name: declared.default for name, declared in properties.items() if declared.default is not None}
    return filled | {
        name: _filled(properties[name], value) if name in properties else value
        for name, value in values.items()
    }


def _filled(declared: Declared, value: Any) -> Any:
    match value:
        case dict() if declared.fields:
            return with_defaults(declared.fields, value)
        case list() if declared.fields:
            return [_filled(declared, item) for item in value]
        case _:
            return value


def _declared(found: re.Match[str]) -> Declared:
    return Declared(
        kind=found["kind"],
        force_new=found["force_new"] == "true",
        computed=found["computed"] == "true",
        default=_default(found["kind"], found["default"]),
        suppress=found["suppress"] == "true",
        fields={},
    )


def _default(kind: str, text: str) -> Any:
    if text == "<nil>":
        return None
    return {"Bool": lambda: text == "true", "Int": lambda: int(text)}.get(kind, lambda: text)()


def _name(path: list[str]) -> str:
    words = path[-1].split("_")
    return RENAMED.get(".".join(path)) or words[0] + "".join(word.capitalize() for word in words[1:])
