"""What the docker stand-in is made of."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.providers.docker import registry_auth
from sandbox.providers.docker.container import Container
from sandbox.providers.docker.engine import Engine, EngineResource
from sandbox.providers.docker.image import Image
from sandbox.providers.docker.network import Network
from sandbox.providers.docker.remote_image import RemoteImage
from sandbox.providers.docker.volume import Volume
from sandbox.providers.provider import Plugin
from sandbox.providers.resource import Resource
from sandbox.providers.schema import Schema

VERSION = "5.2.0"


def plugin(schema: Schema) -> Plugin:
    """Return the provider with all its resource types."""
    return Plugin("docker", VERSION, schema, frozenset({"host", "registryAuth"}), resources, ping)


def resources(settings: Mapping[str, Any]) -> Sequence[Resource]:
    """Return the resource types for an engine."""
    engine = Engine(settings.get("host"), registry_auth.read(settings.get("registryAuth")))
    kinds = (Image, RemoteImage, Network, Volume, Container)
    return [kind(engine) for kind in kinds]


def ping(made: Sequence[Resource]) -> None:
    """Ask the engine whether it is there. Raises ProviderError: without one the official provider previews nothing."""
    for resource in made:
        if isinstance(resource, EngineResource):
            resource.engine.ping()
            return
