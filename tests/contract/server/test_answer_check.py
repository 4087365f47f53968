"""The check of the gateway against the real engine: it passes in a moment, and sees a crash in seconds."""

import secrets
import time

import pytest
from docker.client import DockerClient

from components.commands.answer_check import Check, run
from components.engine.container import Container
from components.program.errors import CheckError
from components.server.container import PORT
from tests.contract.server.gatewaying import gatewaying
from tests.unit.declared import one
from tests.unit.server.declared_server import CONTAINER, declare_server

pytestmark = pytest.mark.sandbox


def check(name: str) -> Check:
    return Check(program="gateway", container=name, port=PORT, patience=60)


def test_a_gateway_that_answers_passes(gateway_image: str) -> None:
    with gatewaying(gateway_image) as gateway:
        name = str(gateway.container.name)
        assert run(check(name), Container(name)) == f"the gateway in container {name} answers"


def test_a_gateway_whose_volume_is_damaged_is_told_in_seconds_with_its_last_lines(gateway_image: str) -> None:
    engine = DockerClient.from_env()
    told = one(declare_server("cpu", {}), CONTAINER, "gateway").inputs["envs"]
    name = f"gateway-crash-test-{secrets.token_hex(4)}"
    damaged = "echo '{' >/var/lib/gateway/lanes.json; exec python3 -m gateway"
    container = engine.containers.run(
        gateway_image,
        ["-c", damaged],
        entrypoint="sh",
        name=name,
        detach=True,
        environment=dict(entry.split("=", 1) for entry in told),
        restart_policy={"Name": "unless-stopped"},
    )
    began = time.monotonic()
    try:
        with pytest.raises(CheckError) as raised:
            run(check(name), Container(name))
    finally:
        container.remove(force=True)
        engine.close()
    assert time.monotonic() - began < 20
    assert "The gateway in front of llama-server ended with exit code 1" in str(raised.value)
    assert "docker volume rm" in str(raised.value)
    assert "lanes.json is damaged" in str(raised.value)
