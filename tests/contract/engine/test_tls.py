"""The provider's TLS settings, as a folder or as text, let the programs reach an engine that demands a certificate."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.engine.address import SYSTEM_SOCKET
from components.engine.errors import EngineError
from components.engine.info import engine_id
from tests.contract.elasticsearch.faulty_proxy import make_certificate

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with Docker's three TLS files; one certificate serves as all of them."""
    folder = tmp_path_factory.mktemp("tls")
    text = make_certificate(folder).path.read_text()
    for name in ("ca.pem", "cert.pem"):
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def address(certificates: Path) -> Iterator[str]:
    """Run a TLS proxy before the real engine that demands the certificate; yield its address."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates / "ca.pem"))
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, context), daemon=True).start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_forward, args=(connection, context), daemon=True).start()


def _forward(connection: socket.socket, context: ssl.SSLContext) -> None:
    try:
        client = context.wrap_socket(connection, server_side=True)
    except OSError:
        return
    engine = socket.socket(socket.AF_UNIX)
    engine.connect(SYSTEM_SOCKET)
    threading.Thread(target=_copy, args=(engine, client), daemon=True).start()
    _copy(client, engine)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while content := source.recv(65536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def settings(way: str, folder: Path) -> dict[str, str]:
    """Return the environment of the stack's commands, for each way to set the certificates."""
    text = {
        name: (folder / file).read_text()
        for name, file in (
            ("ENGINE_TLS_CA", "ca.pem"),
            ("ENGINE_TLS_CERT", "cert.pem"),
            ("ENGINE_TLS_KEY", "key.pem"),
        )
    }
    return {"folder": {"DOCKER_CERT_PATH": str(folder)}, "text": text, "none": {}}[way]


@pytest.mark.parametrize("way", ["folder", "text"])
def test_the_engine_answers_to_the_certificates_that_are_set(
    way: str, address: str, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = engine_id()
    for name, value in {"DOCKER_HOST": address, **settings(way, certificates)}.items():
        monkeypatch.setenv(name, value)
    assert engine_id() == here


def test_without_them_it_does_not(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(EngineError, match="No Docker engine answers"):
        engine_id()
