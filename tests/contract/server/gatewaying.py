"""Starts the gateway the way the stack starts it, on a network and a free port of its own."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from docker.client import DockerClient
from docker.models.containers import Container
from docker.models.networks import Network

from components.commands.secret_delivery import Delivery, deliver
from components.commands.traffic import move
from components.container.secret_file import FOLDER
from components.server.container import PORT
from tests.contract.server.container_options import container_options
from tests.contract.server.running import Server
from tests.unit.declared import one
from tests.unit.server.declared_server import CONTAINER, declare_server

CONTEXT = 8192
"""Tokens that the servers of these tests take."""


@dataclass(frozen=True)
class Gateway:
    """A gateway that was started; `network` is where it looks for servers."""

    container: Container
    network: Network
    url: str

    @property
    def address(self) -> str:
        """Where this machine reaches the container itself, past the published port."""
        (attached,) = self.container.attrs["NetworkSettings"]["Networks"].values()
        return str(attached["IPAddress"])

    def use(self, server: Server, *lanes: str) -> None:
        """Send the requests of lanes to another server, as an update does."""
        for lane in lanes:
            move(str(self.container.name), lane, str(server.container.name), CONTEXT)


@contextmanager
def gatewaying(image: str, **settings: object) -> Iterator[Gateway]:
    """Start the gateway of a stack with `settings`; remove it afterwards, with its network and its volumes."""
    engine = DockerClient.from_env()
    name = f"gateway-test-{secrets.token_hex(4)}"
    inputs = {**one(declare_server("cpu", settings), CONTAINER, "gateway").inputs, "image": image}
    volumes = [engine.volumes.create(name)]
    mounts = [{**inputs["mounts"][0], "source": name}]
    if key := settings.get("serverApiKey"):
        delivery = Delivery(f"{name}-key", image, owner="", before="", content=str(key))
        told = [entry for entry in inputs["envs"] if not entry.startswith("GATEWAY_KEY_FILE=")]
        inputs["envs"] = [*told, f"GATEWAY_KEY_FILE={FOLDER}/{deliver(delivery)}"]
        volumes.append(engine.volumes.get(delivery.volume))
        mounts.append({**inputs["mounts"][1], "source": delivery.volume})
    network = engine.networks.create(name)
    options = container_options({**inputs, "mounts": mounts})
    container = engine.containers.run(name=name, network=name, detach=True, **options)
    try:
        yield Gateway(container, network, published(container))
    finally:
        container.remove(force=True)
        network.reload()
        for server in network.attrs["Containers"] or {}:
            network.disconnect(server, force=True)
        network.remove()
        for volume in volumes:
            volume.remove()
        engine.close()


def published(container: Container) -> str:
    """Return the address on loopback; the engine gives a container that is started another port."""
    container.reload()
    return f"http://127.0.0.1:{container.ports[f'{PORT}/tcp'][0]['HostPort']}"
