"""A small resource type, and the schema of it as it would be read from an SDK."""

from typing import Any

from sandbox.providers.resource import (
    Created,
    Live,
    Operation,
    PartialFailureError,
    ProviderError,
    Resource,
    named,
)
from sandbox.providers.schema import ObjectSchema, Schema
from sandbox.providers.values import Properties

TOKEN = "test:index/thing:Thing"

PORT = ObjectSchema({"internal": "integer", "ip": "string"}, frozenset({"internal"}))

SCHEMA = Schema(
    inputs={
        TOKEN: ObjectSchema(
            {
                "name": "string",
                "size": "number",
                "count": "integer",
                "on": "boolean",
                "envs": {"array": "string"},
                "labels": {"map": "string"},
                "ports": {"array": {"object": "Port"}},
                "mode": {"enum": ["fast", "slow"]},
                "triggers": {"array": "any"},
            },
            frozenset({"size"}),
        )
    },
    outputs={
        TOKEN: frozenset(
            {"name", "size", "count", "on", "envs", "labels", "ports", "mode", "triggers", "made"}
        )
    },
    types={"Port": PORT},
)

FAILS = 13
"""The `count` on which an update fails."""


class Thing(Resource):
    """A resource type that records what is asked of it, and fails when its name says so."""

    token = TOKEN
    autonamed = True
    updatable = frozenset({"count"})
    implemented = named("name size count on envs ports", ports="internal")
    delete_before_replace = True

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.live: Live | None = None

    def normalise(self, inputs: Properties) -> Properties:
        return {"on": False, **inputs}

    def create(self, inputs: Properties, operation: Operation) -> Created:
        operation.report("info", f"making {inputs['name']}", True)
        self.asked.append(inputs)
        created = Created("id-1", {"made": f"of {inputs['name']}"})
        if inputs["name"] == "half":
            raise PartialFailureError("it half exists", created)
        if inputs["name"] == "nothing":
            raise ProviderError(f"no engine for {inputs.get('envs')} and {inputs['name']}")
        return created

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:
        return self.live

    def update(
        self, identifier: str, old: Properties, new: Properties, computed: Properties, operation: Operation
    ) -> Properties:
        self.asked.append((old, new, computed))
        if new.get("count") == FAILS:
            raise PartialFailureError("it stays as it was", Created(identifier, computed))
        return {"made": "anew"}

    def delete(self, identifier: str, inputs: Properties, computed: Properties, operation: Operation) -> None:
        self.asked.append((identifier, inputs, computed))
