"""The check of the proxy against the real engine: it passes in a moment, and sees a crash in seconds."""

import secrets
import time

import pytest
from docker.client import DockerClient

from components.commands.answer_check import Check, run
from components.engine.container import Container
from components.program.errors import CheckError
from components.server.container import PORT
from tests.contract.server.proxying import proxying

pytestmark = pytest.mark.sandbox


def check(name: str) -> Check:
    return Check(program="proxy", container=name, port=PORT, patience=60)


def test_a_proxy_that_answers_passes(proxy_image: str) -> None:
    with proxying(proxy_image) as proxy:
        name = str(proxy.container.name)
        assert run(check(name), Container(name)) == f"the proxy in container {name} answers"


def test_a_proxy_whose_volume_is_damaged_is_told_in_seconds_with_its_last_lines(proxy_image: str) -> None:
    engine = DockerClient.from_env()
    name = f"proxy-crash-test-{secrets.token_hex(4)}"
    damaged = "echo 'set $llama_server' >/var/lib/proxy/server.conf; exec nginx -g 'daemon off;'"
    container = engine.containers.run(
        proxy_image,
        ["-c", damaged],
        entrypoint="sh",
        name=name,
        detach=True,
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
    assert "The proxy in front of llama-server ended with exit code 1" in str(raised.value)
    assert "docker volume rm" in str(raised.value)
    assert "server.conf:2" in str(raised.value)
