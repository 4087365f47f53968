"""Starts llama-server the way the stack starts it, on a free port of loopback."""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests
from docker.client import DockerClient
from docker.models.containers import Container

from components.commands.embedding_check import Check
from components.commands.secret_delivery import Delivery, deliver
from components.container.secret_file import FOLDER
from components.engine.container import Container as Inspected
from components.server.container import PORT
from tests.contract.server.container_options import container_options
from tests.unit.declared import one
from tests.unit.server.declared_server import CONTAINER, SERVER, declare_server

READY_SECONDS = 60
REQUEST_SECONDS = 120


@dataclass(frozen=True)
class Server:
    """A container that was started; it may be ready, or have ended."""

    container: Container
    url: str

    def post(self, path: str, body: dict[str, Any], **headers: str) -> requests.Response:
        """Send a request to the server."""
        return requests.post(f"{self.url}{path}", json=body, headers=headers, timeout=REQUEST_SECONDS)

    def embeddings(self, *texts: str) -> list[list[float]]:
        """Return the embeddings of the texts."""
        answer = self.post("/v1/embeddings", {"input": list(texts), "model": "any"})
        assert answer.status_code == 200, answer.text
        return [item["embedding"] for item in answer.json()["data"]]

    @property
    def inspected(self) -> Inspected:
        """The container as the stack's own checks see it."""
        return Inspected(str(self.container.name))

    def check(self, width: int, api_key: str = "") -> Check:
        """Return the stack's own check of this server."""
        return Check(f"{self.url}/v1/embeddings", PORT, "any", width, str(self.container.name), api_key)

    def check_inside(self, width: int, api_key: str = "") -> Check:
        """Return the stack's own check of this server inside its container, as before anybody is sent to it."""
        return replace(self.check(width, api_key), url="")

    def log(self) -> str:
        """Return what the server has written."""
        text: bytes = self.container.logs()
        return text.decode(errors="replace")

    def wait_for(self, *states: str) -> str:
        """Wait until the container's state or health is one of `states`; return it."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self.container.reload()
            state = self.container.attrs["State"]
            for now in (state["Status"], state.get("Health", {}).get("Status", "")):
                if now in states:
                    return str(now)
            time.sleep(0.2)
        raise AssertionError(f"{self.container.name} is none of {states}; its log:\n{self.log()[-4000:]}")


@contextmanager
def running(
    image: str,
    model: Path,
    changed: Mapping[str, str | None] | None = None,
    *,
    restart: bool = False,
    **settings: object,
) -> Iterator[Server]:
    """Start the server with `model`; remove it afterwards, and the volume with its API key where it has one.

    `settings` are those of the stack; `changed` replaces variables of the environment, or removes them (None). The
    stack's container is started again whenever it ends; here only with `restart`, so that tests can look at the end.
    """
    inputs = dict(declared_container(image, model, **settings))
    key_volume = f"llama-server-key-test-{secrets.token_hex(4)}" if settings.get("serverApiKey") else ""
    if key_volume:
        delivery = Delivery(key_volume, image, owner="", before="", content=str(settings["serverApiKey"]))
        inputs["command"] = ["--api-key-file", f"{FOLDER}/{deliver(delivery)}"]
        inputs["mounts"] = [*inputs["mounts"][:1], {**inputs["mounts"][1], "source": key_volume}]
    options = container_options(inputs)
    if restart:
        options["restart_policy"] = {"Name": "unless-stopped"}
    environment = dict(entry.split("=", 1) for entry in options.pop("environment"))
    environment = {
        key: value for key, value in {**environment, **(changed or {})}.items() if value is not None
    }
    engine = DockerClient.from_env()
    name = f"llama-server-test-{secrets.token_hex(4)}"
    container = engine.containers.run(name=name, detach=True, environment=environment, **options)
    try:
        container.reload()
        published = (container.ports.get("8080/tcp") or [{"HostPort": "0"}])[0]
        yield Server(container, f"http://127.0.0.1:{published['HostPort']}")
    finally:
        container.remove(force=True)
        if key_volume:
            engine.volumes.get(key_volume).remove()
        engine.close()


def declared_container(image: str, model: Path, **settings: object) -> Mapping[str, Any]:
    """Return the inputs of the docker.Container that the component declares on the cpu stack."""
    changes = {"modelFile": model.name, **settings}
    declared = declare_server("cpu", changes, image_id=image, model_path=str(model))
    return one(declared, CONTAINER, SERVER).inputs
