"""What a stack's state says of its resources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.pulumi.stack import SandboxStack


@dataclass(frozen=True)
class Held:
    """One resource in the state: its id in its provider, and its outputs."""

    id: str
    outputs: Mapping[str, Any]


def held(stack: SandboxStack) -> dict[str, Held]:
    """Return the resources of a stack by `type name`, components without an id left out."""
    resources = stack.export()["deployment"].get("resources", [])
    return {
        f"{_type(one['urn'])} {one['urn'].rpartition('::')[2]}": Held(one["id"], one.get("outputs", {}))
        for one in resources
        if one.get("id")
    }


def kept(before: Mapping[str, Held], after: Mapping[str, Held], type_: str) -> bool:
    """Tell whether all resources of a type are the same things as before, judged by their ids."""
    ids = [
        {key: one.id for key, one in held.items() if key.startswith(f"{type_} ")} for held in (before, after)
    ]
    assert ids[0], f"the stack has no {type_}"
    return ids[0] == ids[1]


def _type(urn: str) -> str:
    """Return the resource's own type, without its parents'."""
    return urn.split("::")[2].rpartition("$")[2]
