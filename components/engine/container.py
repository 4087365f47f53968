"""A container of the Docker engine: its state, its log, and requests to the servers inside it.

A server is asked through the `docker` command, so it needs no published port and may be on any engine.
"""

from __future__ import annotations

import http.client
import io
import json
from dataclasses import dataclass

from components.engine.docker_cli import answer, run, text
from components.engine.errors import NotListeningError

CONNECT = "exec 3<>/dev/tcp/127.0.0.1/{port}"
"""Has bash, of whatever image, connect its descriptor 3 with a port in the container."""

_EXCHANGE = f"{CONNECT} && cat >&3 && cat <&3"
"""Sends standard input and prints what comes back."""


@dataclass(frozen=True)
class State:
    """What the engine knows of a container: `status` in the engine's words, and how often it was started again."""

    status: str
    exit_code: int
    out_of_memory: bool
    restarts: int

    @property
    def runs(self) -> bool:
        """Whether the container runs now: if so, `exit_code` and `out_of_memory` do not describe its last exit."""
        return self.status == "running"


@dataclass(frozen=True)
class Container:
    """A container of the engine, by name or id."""

    name: str

    @property
    def place(self) -> str:
        """Name it for messages."""
        return f"container {self.name}"

    @property
    def log_command(self) -> str:
        """The command line that shows its log."""
        return f"docker logs {self.name}"

    def post(
        self, port: int, path: str, body: bytes, headers: dict[str, str], seconds: float
    ) -> tuple[int, bytes]:
        """Send a request to a server in the container; return status and body.

        Raises NotListeningError, EngineTimeoutError, EngineError, and http.client.HTTPException when the response is
        not HTTP.
        """
        lines = [*(f"{key}: {value}" for key, value in headers.items()), f"Content-Length: {len(body)}"]
        return self._exchange(port, f"POST {path}", lines, body, seconds)

    def get(self, port: int, path: str, seconds: float) -> tuple[int, bytes]:
        """Ask a server in the container for `path`; return status and body. Raises what `post` does."""
        return self._exchange(port, f"GET {path}", [], b"", seconds)

    def _exchange(
        self, port: int, asked: str, lines: list[str], body: bytes, seconds: float
    ) -> tuple[int, bytes]:
        head = "\r\n".join([f"{asked} HTTP/1.0", "Host: localhost", *lines, "", ""])
        command = ["docker", "exec", "-i", self.name, "bash", "-c", _EXCHANGE.format(port=port)]
        done = run(command, head.encode() + body, seconds)
        if done.returncode != 0:
            raise NotListeningError(text(done.stderr))
        response = http.client.HTTPResponse(_Received(done.stdout))  # type: ignore[arg-type]
        response.begin()
        return response.status, response.read()

    def state(self) -> State:
        """Return the container's state. Raises EngineError, also when there is no such container."""
        (found,) = json.loads(answer(["docker", "inspect", "--type", "container", self.name]))
        return State(
            status=found["State"]["Status"],
            exit_code=found["State"]["ExitCode"],
            out_of_memory=found["State"]["OOMKilled"],
            restarts=found["RestartCount"],
        )

    def last_lines(self, count: int) -> list[str]:
        """Return the last lines of the container's log that are not empty; none where there is no log to read."""
        done = run(["docker", "logs", "--tail", str(4 * count), self.name], merge=True)
        lines = done.stdout.decode(errors="replace").splitlines() if done.returncode == 0 else []
        return [line.rstrip() for line in lines if line.strip()][-count:]


class _Received:
    """Stands in for the socket that http.client reads a response from; only `makefile` is needed."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._content)
