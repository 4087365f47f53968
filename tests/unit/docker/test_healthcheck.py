"""The healthcheck of the images, run as it is against servers of ours."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.unit.docker.dockerfile import FOLDER


def run(port: int) -> subprocess.CompletedProcess[bytes]:
    """Run docker/healthcheck.sh for a server on `port`."""
    environment = {**os.environ, "LLAMA_ARG_PORT": str(port)}
    return subprocess.run([FOLDER / "healthcheck.sh"], env=environment, capture_output=True, check=False)


@contextmanager
def server(answer: bytes) -> Iterator[int]:
    """Answer one request with `answer`; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=5)


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        (b'HTTP/1.1 200 OK\r\n\r\n{"status":"ok"}', True),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n200 ", False),
        (b"", False),
    ],
)
def test_healthcheck_succeeds_when_the_model_is_loaded(answer: bytes, healthy: bool) -> None:
    with server(answer) as port:
        check = run(port)
    assert (check.returncode == 0) is healthy


def test_healthcheck_fails_when_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert run(port).returncode != 0
