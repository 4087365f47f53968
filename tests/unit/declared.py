"""Runs declarations on Pulumi's mocks, and returns what they declared."""

import asyncio
import itertools
import re
import runpy
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import config, mocks, rpc

from tests.unit.project import PROJECT, PROJECT_DIRECTORY, SECRETS, stack_values


@dataclass(frozen=True)
class Options:
    """The options of a resource that decide over what becomes of it."""

    retain_on_delete: bool
    delete_before_replace: bool
    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...]
    """Type and name, each empty where it is that of today, by which the state of an earlier version has it."""


@dataclass(frozen=True)
class Declared:
    """One resource as the program declared it, its inputs in clear.

    `secrets` names the inputs that are secret, `dependencies` the URNs of what it depends on, `parent` that of the
    component that it is a child of.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    secrets: frozenset[str]
    dependencies: tuple[str, ...]
    options: Options
    parent: str

    @property
    def urn(self) -> str:
        """Return what a resource is called by those that depend on it, after the stack's part."""
        types = self.parent.split("::")[2].rpartition("$")[2] if self.parent else ""
        return f"{types}${self.type}::{self.name}".removeprefix("$")


class RecordingMonitor(mocks.MockMonitor):
    """Hands to the mocks, which are told of types and inputs alone, the whole of each registration."""

    mocks: "RecordingMocks"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (the name that gRPC gives it)
        self.mocks.of_thread.request = request
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


class RecordingMocks(mocks.Mocks):
    """Records what is declared, and fills in only the outputs that the program reads."""

    def __init__(self) -> None:
        self.declared: list[Declared] = []
        self.of_thread = threading.local()
        self._ids = itertools.count(1)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Record a resource; give it an id, and the outputs that a provider would compute."""
        secrets = frozenset(key for key, value in args.inputs.items() if rpc.is_rpc_secret(value))
        inputs = {key: rpc.unwrap_rpc_secret(value) for key, value in args.inputs.items()}
        request = self.of_thread.request
        options = Options(
            request.retainOnDelete,
            request.deleteBeforeReplace,
            tuple(sorted(request.ignoreChanges)),
            tuple(sorted(request.replaceOnChanges)),
            tuple((alias.spec.type, alias.spec.name) for alias in request.aliases),
        )
        after = tuple(request.dependencies)
        self.declared.append(Declared(args.typ, args.name, inputs, secrets, after, options, request.parent))
        number = next(self._ids)
        outputs = {
            "docker:index/remoteImage:RemoteImage": {"imageId": f"sha256:pulled-{number}"},
            "pulumi-python:dynamic/image:SourceCommit": {
                "commit": "c" * 40,
                "created": "2026-01-01T00:00:00Z",
            },
            "pulumi-python:dynamic/image:EnginePlatform": {"platform": "linux/amd64"},
            "pulumi-python:dynamic/image:WantedImage": {
                "full_name": f"{inputs.get('image_name')}:{inputs.get('kind')}-{'0' * 12}-{inputs.get('owner')}",
                "mark": "1",
            },
            "pulumi-python:dynamic/ownership:StackId": {
                "stack_id": args.inputs.get("wanted") or f"{args.inputs.get('prefix')}-0a1b2c"
            },
            "pulumi-python:dynamic/model:ModelPin": {"sha256": "d" * 64, "commit": "e" * 40},
            "pulumi-python:dynamic/elasticsearch:Superuser": {
                "password": inputs.get("wanted") or "generated",
                "cluster_uuid": "the-cluster",
            },
            "command:local:Command": {"stdout": f"said by {args.name}"},
        }.get(args.typ, {})
        if args.name.endswith("-build"):
            outputs = {"stdout": f"sha256:image-{number}"}
        if args.typ == "docker:index/container:Container":
            # As the provider names a container that the program does not name.
            outputs = {"name": args.inputs.get("name", f"{args.name}-1234567")}
        if args.typ.startswith("kubernetes:"):
            outputs = {"metadata": _metadata(args.name, args.inputs.get("metadata", {}), number)}
        return f"{args.name}-id", {**args.inputs, **outputs}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Refuse: the program calls no provider function."""
        raise AssertionError(f"unexpected call of {args.token}")


def _metadata(name: str, wanted: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return the metadata that a cluster gives an object; the provider names one that the program does not name."""
    return {"name": f"{name}-1234567", **wanted, "uid": f"uid-{number}", "generation": 1}


def declare(program: Callable[[], object], stack_name: str = "cpu", **changes: object) -> list[Declared]:
    """Run `program` on mocks under the configuration of a stack with `changes`; return what it declared."""
    recorded = RecordingMocks()
    values = {f"{PROJECT}:{key}": value for key, value in stack_values(stack_name, **changes).items()}
    asyncio.set_event_loop(asyncio.new_event_loop())
    monitor = RecordingMonitor(recorded)
    mocks.set_mocks(recorded, project=PROJECT, stack=stack_name, preview=False, monitor=monitor)
    config.set_all_config(values, [f"{PROJECT}:{key}" for key in SECRETS])

    mocks.test(lambda: program() and None)()  # type: ignore[no-untyped-call]
    return recorded.declared


def declare_program(stack_name: str = "cpu", **changes: object) -> list[Declared]:
    """Run the project's own __main__.py on mocks."""
    return declare(lambda: runpy.run_path(str(PROJECT_DIRECTORY / "__main__.py")), stack_name, **changes)


def one(declared: list[Declared], type_: str, name: str = "") -> Declared:
    """Return the one resource of a type, and of a name if given."""
    found = [item for item in declared if item.type == type_ and name in ("", item.name)]
    assert len(found) == 1, [f"{item.type} {item.name}" for item in declared]
    return found[0]


def shown(value: object) -> str:
    """Return the name of a case with such a value, the same in each process.

    An unknown value shows its address, and a set has another order in each.
    """
    if isinstance(value, set):
        return str(sorted(map(str, value)))
    return re.sub(r" object at 0x[0-9a-f]+", "", str(value))
