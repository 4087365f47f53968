"""The health check of a container, run by bash as the engine runs it, against a server of ours."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from components.container.health import go_duration, http_healthcheck
from sandbox.providers.docker import go_duration as provider


@contextmanager
def server(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Answer one request with `answer`; yields the port, and what was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                asked.append(lines.readline() + lines.readline())
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], asked
        thread.join(timeout=5)


@pytest.mark.parametrize(
    ("answer", "also", "healthy"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "", True),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", "", True),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n 200 ", "", False),
        (b"", "", False),
        (b"HTTP/1.1 200 OK\r\n\r\n", "true", True),
        (b"HTTP/1.1 200 OK\r\n\r\n", "false", False),
    ],
)
def test_healthy_is_who_answers_with_one_of_the_statuses(answer: bytes, also: str, healthy: bool) -> None:
    with server(answer) as (port, asked):
        check = http_healthcheck(port, "/x", healthy=(200, 401), answer_within=4, ready_within=60, also=also)
        _, *command = list(check.tests)  # type: ignore[arg-type]
        done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode == 0) is healthy
    assert asked == [b"GET /x HTTP/1.0\r\n\r\n"]


@pytest.mark.parametrize(
    ("seconds", "spelled"), [(3, "3s"), (59, "59s"), (60, "1m0s"), (90, "1m30s"), (300, "5m0s")]
)
def test_a_duration_has_minutes_from_the_first_on(seconds: int, spelled: str) -> None:
    assert go_duration(seconds) == spelled == provider.go_duration(seconds * 10**9)
