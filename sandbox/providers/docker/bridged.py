"""The resource types that the official plugin bridges from Terraform: what is read back is their state."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from sandbox.providers.diff import Difference
from sandbox.providers.docker.bridged_diff import bridged_differences
from sandbox.providers.docker.bridged_schema import Declared, bridged_schema
from sandbox.providers.docker.engine import EngineResource
from sandbox.providers.resource import Live
from sandbox.providers.values import Properties


class BridgedResource(EngineResource):
    """A resource whose state, once it is made or read, is what the engine says of it."""

    terraform_name: ClassVar[str]

    @property
    def properties(self) -> dict[str, Declared]:
        """What the provider declares of the resource's properties."""
        return bridged_schema(self.terraform_name)

    def differences(
        self, inputs: Properties, state: Properties, wanted: Properties, ignored: Collection[str]
    ) -> Mapping[str, Difference]:
        del inputs
        return bridged_differences(self.properties, state, wanted, ignored)


def live(identifier: str, state: Properties, inputs: Properties) -> Live:
    """Return a resource as it was read, and which of the inputs that were given before are different now."""
    drift = {name: _as_given(inputs[name], state[name]) for name in inputs if name in state}
    return Live(identifier, {name: value for name, value in drift.items() if value != inputs[name]}, state)


def _as_given(given: Any, found: Any) -> Any:
    """Return only those fields of `found` that were `given`, so that a default does not become an input."""
    match given, found:
        case dict(), dict():
            return {name: _as_given(given[name], found[name]) for name in given if name in found}
        case list(), list() if len(given) == len(found):
            return [_as_given(*pair) for pair in zip(given, found, strict=True)]
        case _:
            return found
