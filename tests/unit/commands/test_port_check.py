"""Who has a port: containers of the stack itself, others, and programs of this machine."""

import json
import socket

import pytest

from components.commands import port_check
from components.program.errors import CheckError
from tests.unit.docker_double import DockerDouble


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Want a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free: int = listener.getsockname()[1]
    names = {
        "ADDRESS": "127.0.0.1",
        "PORT": str(free),
        "CONTAINER": "mine",
        "OWNER": "me",
        "SETTING": "serverPort",
        "FORMER": "of-an-earlier-version",
    }
    for name, value in names.items():
        monkeypatch.setenv(f"PORT_CHECK_{name}", value)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return free


@pytest.mark.parametrize(
    ("name", "owner", "address", "taken"),
    [
        ("mine", "", "127.0.0.1", False),
        ("former-name", "me", "127.0.0.1", False),
        ("of-an-earlier-version", "", "127.0.0.1", False),
        ("theirs", "them", "127.0.0.1", True),
        ("theirs", "", "0.0.0.0", True),
        ("theirs", "them", "10.0.0.1", False),
    ],
)
def test_a_port_belongs_to_another_by_name_and_label(
    docker: DockerDouble, port: int, name: str, owner: str, address: str, taken: bool
) -> None:
    bindings = {"8080/tcp": [{"HostIp": address, "HostPort": str(port)}], "9/tcp": None}
    labels = {port_check.OWNER: owner} if owner else None
    container = {"Name": f"/{name}", "Config": {"Labels": labels}, "HostConfig": {"PortBindings": bindings}}
    docker.says(f"ps*publish={port}", "c1")
    docker.says("inspect*", json.dumps([container]))
    if not taken:
        assert port_check.work() == f"port {port} of 127.0.0.1 can be had"
        return
    with pytest.raises(CheckError, match=f"belongs to container theirs.*serverPort {port + 1}"):
        port_check.work()


@pytest.mark.parametrize("remote", [True, False])
def test_a_program_of_this_machine_has_the_port_where_the_engine_is_here(
    docker: DockerDouble, port: int, monkeypatch: pytest.MonkeyPatch, remote: bool
) -> None:
    docker.says("ps*")
    if remote:
        monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere:2375")
    with socket.create_server(("127.0.0.1", port)):
        if remote:
            assert "can be had" in port_check.work()
        else:
            with pytest.raises(CheckError, match="a program of this machine that is no container"):
                port_check.work()
