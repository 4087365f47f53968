"""The identity of a stack's Docker engine as a Pulumi resource. Stacks' states name this module: never move it."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from components.dynamic_provider import StackProvider, is_unknown, say
from components.engine.errors import AnotherEngineError
from components.engine.info import engine_id, engine_id_if_any

SCHEMA_VERSION = 1
"""Version of the outputs that a state holds."""

INPUTS = ("environment", "wanted")
"""How the engine is reached, and the id that somebody set."""


class EngineIdentityProvider(StackProvider):
    """Keeps the id of the engine that the stack was made on, and refuses any other.

    `wanted` is an id that somebody set, to begin on another one. With `preview` another engine is told of, no more: CI,
    or a colleague, may have an engine of their own. An engine that does not answer is no other one.
    """

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Raise AnotherEngineError for another engine than the stack's, unless it is the one that is wanted."""
        if any(is_unknown(news.get(key)) for key in INPUTS):
            return DiffResult(changes=True)
        moving = bool(news["wanted"]) and news["wanted"] != olds["engine_id"]
        if not moving:
            found = engine_id_if_any(news["environment"])
            if found not in ("", olds["engine_id"]):
                if not news["preview"]:
                    raise AnotherEngineError(found=found, known=olds["engine_id"])
                say("this is not the Docker engine that the stack lives on: here, `pulumi up` refuses")
        changed = moving or news["environment"] != olds.get("environment")
        return DiffResult(changes=changed or olds.get("schema_version") != SCHEMA_VERSION)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take the engine that answers for the stack's."""
        return CreateResult("engine", _outputs(props, _accepted(props, props["wanted"])))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Take the engine that is wanted, or go on with the stack's under another address."""
        return UpdateResult(_outputs(news, _accepted(news, news["wanted"] or olds["engine_id"])))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Raise AnotherEngineError where a refresh would find nothing of the stack, and forget it."""
        found = engine_id_if_any(props["environment"])
        if found not in ("", props["engine_id"]):
            raise AnotherEngineError(found=found, known=props["engine_id"])
        return ReadResult(id_, props)


def _accepted(props: Mapping[str, Any], wanted: str) -> str:
    """Return the id of the engine that answers, which must be `wanted` unless that is empty. Raises EngineError."""
    found = engine_id(props["environment"])
    if wanted and found != wanted:
        raise AnotherEngineError(found=found, known=wanted)
    return found


def _outputs(props: Mapping[str, Any], found: str) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS} | {"engine_id": found, "schema_version": SCHEMA_VERSION}


class EngineIdentityResource(pulumi.dynamic.Resource, module="engine", name="EngineIdentity"):
    """The resource of the id, `engine_id`."""

    engine_id: pulumi.Output[str]

    def __init__(
        self, name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the identity with the INPUTS, and `preview`, given."""
        outputs = dict.fromkeys(("engine_id", "schema_version"))
        # The environment may hold the key of the engine's clients.
        secret = pulumi.ResourceOptions(additional_secret_outputs=["environment"])
        merged = pulumi.ResourceOptions.merge(opts, secret)
        super().__init__(EngineIdentityProvider(), name, {**inputs, **outputs}, merged)
