"""What a resource type of a stand-in implements, in plain values; `provider` speaks the protocol."""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from sandbox.providers.checking import Failure
from sandbox.providers.diff import Difference, changes, top_level
from sandbox.providers.values import Properties

Report = Callable[[str, str, bool], None]
"""Shows a message beside the resource: severity (debug, info, warning, error), text, and whether it may be
overwritten by the next one."""


class ProviderError(Exception):
    """An operation failed; the message is for the person at the terminal."""


class PartialFailureError(ProviderError):
    """The resource exists, but not as wanted: Pulumi keeps it in the state and tries again at the next update."""

    def __init__(self, message: str, created: "Created") -> None:
        super().__init__(message)
        self.created = created


@dataclass(frozen=True)
class Operation:
    """One operation on one resource: which one, how to report progress, and whether it was cancelled."""

    urn: str
    report: Report
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        """The resource's logical name, the last part of its URN."""
        return self.urn.rsplit("::", 1)[-1]


class Created(NamedTuple):
    """A resource that exists: its id, and the outputs that are not inputs."""

    id: str
    computed: Properties


class Live(NamedTuple):
    """A resource as it was found: its id, the inputs that differ from what was set, and the computed outputs."""

    id: str
    drift: Properties
    computed: Properties


def named(top: str, **fields: str) -> frozenset[str]:
    """Return the names in `top`, separated by spaces, and the paths of the `fields` of those that are objects."""
    return frozenset(top.split()) | {
        f"{name}.{field}" for name, few in fields.items() for field in few.split()
    }


class Resource:
    """A resource type. Values that its methods get are plain: no secrets wrapped, none unknown."""

    token: ClassVar[str]
    """The type in Pulumi's form, `docker:index/network:Network`."""
    autonamed: ClassVar[bool] = False
    """Whether `name` gets a random ending when the program gives none."""
    updatable: ClassVar[frozenset[str]] = frozenset()
    """Inputs whose change keeps the resource; every other one replaces it."""
    implemented: ClassVar[frozenset[str]]
    """Inputs that the stand-in implements, those of objects by their paths ("ports.internal"); others are refused."""
    delete_before_replace: ClassVar[bool] = False
    recomputed: ClassVar[bool] = False
    """Whether an update computes all outputs anew, so that a preview does not know them."""

    def check(self, inputs: Properties, operation: Operation) -> tuple[Properties, list[Failure]]:
        """Return the inputs with what the provider adds to them, and the failures found in them.

        Here, and in `normalise`, values may still be secret or unknown.
        """
        return inputs, []

    def not_implemented(self, inputs: Properties) -> set[str]:
        """Return those of the inputs, and of the fields of objects among them, that the stand-in does not implement."""
        found = inputs.keys() - self.implemented
        for path in self.implemented:
            name, dot, _ = path.partition(".")
            value = inputs.get(name)
            for entry in (value if isinstance(value, list) else [value]) if dot else []:
                if isinstance(entry, dict):
                    found |= {f"{name}.{field}" for field in entry} - self.implemented
        return found

    def normalise(self, inputs: Properties) -> Properties:
        """Return the inputs with defaults filled in, so that leaving one out equals setting its default."""
        return inputs

    def differences(
        self, inputs: Properties, state: Properties, wanted: Properties, ignored: Collection[str]
    ) -> Mapping[str, Difference]:
        """Return what differs between the last `inputs`, or the `state`, and what is `wanted`, by path.

        Here the last inputs count, not the state.
        """
        found = changes(self.normalise(inputs), self.normalise(wanted), ignored=ignored)
        return {
            path: Difference(change, top_level(path) not in self.updatable) for path, change in found.items()
        }

    def create(self, inputs: Properties, operation: Operation) -> Created:
        """Make the resource. Raises ProviderError; PartialFailureError when it exists all the same."""
        raise NotImplementedError

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:
        """Return the resource as it is, None when it is gone. `inputs` are those last set."""
        raise NotImplementedError

    def update(
        self, identifier: str, old: Properties, new: Properties, computed: Properties, operation: Operation
    ) -> Properties:
        """Change the resource from the state `old` to the inputs `new` and return its computed outputs.

        `computed` is the part of the state that was no input.
        """
        raise NotImplementedError

    def delete(self, identifier: str, inputs: Properties, computed: Properties, operation: Operation) -> None:
        """Delete the resource; no error when it is gone already."""
        raise NotImplementedError
