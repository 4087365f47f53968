"""Who uses a port: another stack's container is named with the setting to change; the stack's own is no clash."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from docker.client import DockerClient

from components.commands.port_check import OWNER, Check, run_check
from components.program.errors import CheckError
from sandbox.machine.ports import free_port

pytestmark = pytest.mark.sandbox

MINE, OTHERS = "jina-search-cpu-0a1b2c", "jina-search-gpu-3d4e5f"


@pytest.fixture
def port() -> int:
    return free_port(28080)


@contextmanager
def publishing(image: str, port: int, address: str = "127.0.0.1", **labels: str) -> Iterator[str]:
    """Run a container that publishes `port`, with labels; yield its name."""
    engine = DockerClient.from_env()
    container = engine.containers.run(
        image,
        ["60"],
        entrypoint="sleep",
        name=f"port-check-test-{secrets.token_hex(4)}",
        detach=True,
        labels=labels,
        ports={"8080/tcp": (address, port)},
    )
    try:
        yield str(container.name)
    finally:
        container.remove(force=True)
        engine.close()


def check(port: int, container: str = "mine", address: str = "127.0.0.1", *, local: bool = True) -> Check:
    return Check(
        address=address, port=port, container=container, owner=MINE, setting="serverPort", local=local
    )


def test_a_port_that_nobody_has_can_be_had(port: int) -> None:
    assert run_check(check(port)) == f"port {port} of 127.0.0.1 can be had"


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_another_stacks_container_is_named_with_what_to_set(
    gateway_image: str, port: int, address: str
) -> None:
    with (
        publishing(gateway_image, port, address, **{OWNER: OTHERS}) as name,
        pytest.raises(CheckError) as raised,
    ):
        run_check(check(port))
    said = str(raised.value)
    assert f"belongs to container {name} of the stack with the id {OTHERS}; nothing was changed" in said
    assert f"pulumi config set serverPort {port + 1}" in said


def test_the_stacks_own_container_is_no_clash_under_whatever_name(gateway_image: str, port: int) -> None:
    with publishing(gateway_image, port, **{OWNER: MINE}):
        assert run_check(check(port, "a-new-name"))


def test_the_container_that_is_replaced_is_no_clash(gateway_image: str, port: int) -> None:
    with publishing(gateway_image, port) as name:
        assert run_check(check(port, name))


def test_another_address_is_no_clash(gateway_image: str, port: int) -> None:
    with publishing(gateway_image, port, "127.0.0.2", **{OWNER: OTHERS}):
        assert run_check(check(port))


def test_a_program_that_is_no_container_is_told_apart_where_it_can_be_seen(port: int) -> None:
    with socket.socket() as program:
        program.bind(("127.0.0.1", port))
        program.listen()
        with pytest.raises(CheckError, match=r"no container: `ss -ltnp .* Nothing was changed"):
            run_check(check(port))
        assert run_check(check(port, local=False))
