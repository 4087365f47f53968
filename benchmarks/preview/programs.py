"""Programs that the preview of this project's own is held against; each declares what its name says, and no more."""

from importlib import import_module
from typing import Any

import pulumi
from pulumi import dynamic

PROPERTIES = 14
"""Inputs of a resource: as many as the project's own have in the mean."""


class KeepingProvider(dynamic.ResourceProvider):
    """Keeps what it is given, and finds no difference."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Keep the inputs."""
        return dynamic.CreateResult("kept", props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Say that nothing differs."""
        return dynamic.DiffResult(changes=False)


class Kept(dynamic.Resource, module="benchmark", name="Kept"):
    """A resource without any work."""


def dynamic_resources(count: int) -> None:
    """Declare so many resources that do not wait for each other."""
    for number in range(count):
        inputs = {f"input{one}": f"value {one}" for one in range(PROPERTIES)}
        Kept(KeepingProvider(), f"kept-{number}", inputs)


def components(count: int) -> None:
    """Declare so many components, which need no provider."""
    for number in range(count):
        pulumi.ComponentResource("benchmark:index:Empty", f"empty-{number}")


def imports() -> None:
    """Load what a stack on Docker loads, and declare nothing."""
    for name in ("settings.project", "platform.docker", "elasticsearch.component"):
        import_module(f"components.{name}")
