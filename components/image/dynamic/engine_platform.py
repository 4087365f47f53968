"""The Docker engine's platform as a Pulumi resource. States name this module and its classes: never move them."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic

from components.dynamic_provider import StackProvider
from components.engine.info import platform

SCHEMA_VERSION = 1
"""Version of the outputs that a state holds."""


class EnginePlatformProvider(StackProvider):
    """Keeps the platform that the engine had when it was first asked; it is never asked again, from any machine."""

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Change nothing: how to reach the engine may differ from machine to machine."""
        return dynamic.DiffResult(changes=False)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Ask the engine."""
        found = platform(props["engine"])
        return dynamic.CreateResult(found, {**props, "platform": found, "schema_version": SCHEMA_VERSION})

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Return what is kept."""
        return dynamic.ReadResult(id_, props, {"engine": props["engine"]})

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Keep the platform."""
        return dynamic.UpdateResult({**olds, **news, "platform": olds["platform"]})


class EnginePlatformResource(dynamic.Resource, module="image", name="EnginePlatform"):
    """The platform of a Docker engine, such as linux/amd64; `engine` is the environment that leads to it."""

    platform: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        engine: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the platform."""
        inputs = {"engine": dict(engine), "platform": None, "schema_version": None}
        super().__init__(EnginePlatformProvider(), name, inputs, opts)
