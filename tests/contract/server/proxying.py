"""Starts the proxy the way the stack starts it, on a network and a free port of its own."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from docker.client import DockerClient
from docker.models.containers import Container
from docker.models.networks import Network

from components.server.container import PORT
from tests.contract.server.container_options import container_options
from tests.contract.server.running import Server
from tests.unit.declared import one
from tests.unit.server.declared_server import CONTAINER, declare_server


@dataclass(frozen=True)
class Proxy:
    """A proxy that was started; `network` is where it looks for servers."""

    container: Container
    network: Network
    url: str

    @property
    def address(self) -> str:
        """Where this machine reaches the container itself, past the published port."""
        (attached,) = self.container.attrs["NetworkSettings"]["Networks"].values()
        return str(attached["IPAddress"])

    def use(self, server: Server) -> None:
        """Send requests to another server, as an update does."""
        code, said = self.container.exec_run(["use-server", str(server.container.name), "60"])
        assert code == 0, said.decode()


@contextmanager
def proxying(image: str) -> Iterator[Proxy]:
    """Start the stack's own proxy on a network and a free port of its own; remove all of it afterwards."""
    engine = DockerClient.from_env()
    name = f"proxy-test-{secrets.token_hex(4)}"
    options = container_options({**one(declare_server("cpu", {}), CONTAINER, "proxy").inputs, "image": image})
    options["mounts"][0]["Source"] = name
    network = engine.networks.create(name)
    volume = engine.volumes.create(name)
    container = engine.containers.run(name=name, network=name, detach=True, **options)
    try:
        yield Proxy(container, network, published(container))
    finally:
        container.remove(force=True)
        for server in network.attrs["Containers"] or {}:
            network.disconnect(server, force=True)
        network.remove()
        volume.remove()
        engine.close()


def published(container: Container) -> str:
    """Return the address on loopback; the engine gives a container that is started another port."""
    container.reload()
    return f"http://127.0.0.1:{container.ports[f'{PORT}/tcp'][0]['HostPort']}"
