"""The copy of a model in a volume of the engine: whole, verified, made once."""

import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.client import DockerClient
from docker.models.volumes import Volume

from components.commands.model_delivery import Delivery, deliver
from components.program.errors import DeliveryError

pytestmark = pytest.mark.sandbox

CONTENT = b"GGUF" + bytes(range(256)) * 50_000


@pytest.fixture
def volume() -> Iterator[Volume]:
    engine = DockerClient.from_env()
    made = engine.volumes.create(f"model-delivery-test-{secrets.token_hex(4)}")
    yield made
    made.remove()
    engine.close()


@pytest.fixture
def delivery(server_image: str, volume: Volume, tmp_path: Path) -> Delivery:
    source = tmp_path / "the-source.gguf"
    source.write_bytes(CONTENT)
    source.chmod(0o600)
    return Delivery(source, "model.gguf", hashlib.sha256(CONTENT).hexdigest(), volume.name, server_image)


def seen(delivery: Delivery, script: str) -> str:
    """Run a script as the server's own user where it sees the volume."""
    said: bytes = DockerClient.from_env().containers.run(
        delivery.image,
        ["-c", script],
        entrypoint="bash",
        remove=True,
        volumes={delivery.volume: {"bind": "/models", "mode": "ro"}},
    )
    return said.decode().strip()


def test_the_servers_user_reads_the_whole_file_and_nothing_else_is_there(delivery: Delivery) -> None:
    told: list[str] = []

    assert deliver(delivery, told.append).startswith(f"model.gguf is in volume {delivery.volume}, after ")

    assert told == [f"model.gguf: copying 13 MB into volume {delivery.volume}"]
    assert seen(delivery, "sha256sum </models/model.gguf").split()[0] == delivery.sha256
    assert seen(delivery, "ls -A /models") == "model.gguf"


def test_a_file_that_is_there_is_not_copied_again(delivery: Delivery) -> None:
    deliver(delivery, print)
    delivery.source.unlink()
    told: list[str] = []

    assert deliver(delivery, told.append) == f"model.gguf is in volume {delivery.volume}"

    assert told == []


def test_a_file_that_was_changed_in_the_volume_is_copied_again(delivery: Delivery) -> None:
    deliver(delivery, print)
    DockerClient.from_env().containers.run(
        delivery.image,
        ["-c", "echo damage >>/models/model.gguf"],
        entrypoint="sh",
        remove=True,
        user="0:0",
        volumes={delivery.volume: {"bind": "/models", "mode": "rw"}},
    )

    deliver(delivery, print)

    assert seen(delivery, "sha256sum </models/model.gguf").split()[0] == delivery.sha256


def test_what_is_not_the_verified_content_never_appears_under_the_name(delivery: Delivery) -> None:
    delivery.source.write_bytes(CONTENT[:-1])

    with pytest.raises(DeliveryError, match=r"(?s)another SHA-256.*pulumi up"):
        deliver(delivery, print)

    assert "model.gguf" not in seen(delivery, "ls -A /models").split()


def test_an_engine_that_cannot_be_asked_is_named(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")

    with pytest.raises(DeliveryError, match=r"127\.0\.0\.1:1"):
        deliver(delivery, print)
