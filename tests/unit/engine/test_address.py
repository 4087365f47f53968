"""The environment of the `docker` command: it leads to the engine that the Docker provider asks."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.engine import address
from components.engine.address import docker_environment


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have nobody listen at the system's socket; return an empty home directory."""
    monkeypatch.setattr(address, "SYSTEM_SOCKET", str(tmp_path / "none.sock"))
    return tmp_path


@pytest.fixture
def users_socket(nobody: Path) -> Iterator[Path]:
    path = nobody / address.USER_SOCKET
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield path


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ({"DOCKER_HOST": "ssh://me@gpu-box"}, "ssh://me@gpu-box"),
        ({"DOCKER_HOST": "ssh://me@gpu-box", "DOCKER_CONTEXT": "colima"}, "ssh://me@gpu-box"),
        ({"DOCKER_CONTEXT": "colima"}, "unix://{home}/none.sock"),
        ({}, "unix://{home}/none.sock"),
    ],
)
def test_the_command_asks_what_the_provider_asks_whatever_the_context(
    nobody: Path, given: dict[str, str], host: str
) -> None:
    with docker_environment({"HOME": str(nobody), **given}) as environment:
        assert environment["DOCKER_HOST"] == host.format(home=nobody)
        assert "DOCKER_CONTEXT" not in environment


def test_where_the_systems_socket_is_nobodys_the_users_own_is_asked(users_socket: Path) -> None:
    home = users_socket.parents[2]
    with docker_environment({"HOME": str(home)}) as environment:
        assert environment["DOCKER_HOST"] == f"unix://{users_socket}"


def test_certificates_as_text_are_in_a_private_folder_for_as_long_as_the_command_runs() -> None:
    given = {
        "DOCKER_HOST": "tcp://gpu-box:2376",
        "ENGINE_TLS_CA": "an authority",
        "ENGINE_TLS_CERT": "a certificate",
        "ENGINE_TLS_KEY": "a key",
    }
    with docker_environment(given) as environment:
        folder = Path(environment["DOCKER_CERT_PATH"])
        assert folder.stat().st_mode & 0o777 == 0o700
        found = {file.name: file.read_text() for file in folder.iterdir()}
        assert found == {"ca.pem": "an authority", "cert.pem": "a certificate", "key.pem": "a key"}
        assert environment["DOCKER_TLS_VERIFY"] == "1"
        assert not [name for name in environment if name.startswith("ENGINE_TLS")]
    assert not folder.exists()


@pytest.mark.parametrize(
    ("host", "verified"),
    [("tcp://gpu-box:2376", True), ("gpu-box:2376", True), ("unix:///run/a.sock", False)],
)
def test_the_providers_certificates_are_the_commands_too(host: str, verified: bool) -> None:
    with docker_environment({"DOCKER_HOST": host, "DOCKER_CERT_PATH": "/certs"}) as environment:
        assert environment["DOCKER_CERT_PATH"] == "/certs"
        assert (environment.get("DOCKER_TLS_VERIFY") == "1") is verified
