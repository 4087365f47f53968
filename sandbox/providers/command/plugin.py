"""What the command stand-in is made of."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.providers.command.local_command import Command
from sandbox.providers.provider import Plugin
from sandbox.providers.resource import Resource
from sandbox.providers.schema import Schema

VERSION = "1.2.1"


def plugin(schema: Schema) -> Plugin:
    """Return the provider with its one resource type."""
    return Plugin("command", VERSION, schema, frozenset(), resources)


def resources(settings: Mapping[str, Any]) -> Sequence[Resource]:
    """Return the resource types; the official provider has no settings."""
    del settings
    return [Command()]
