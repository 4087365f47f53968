"""A small schema of the kind that is read from an SDK."""

from sandbox.providers.schema import ObjectSchema, Schema

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
