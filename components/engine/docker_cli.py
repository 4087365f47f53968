"""Asks the Docker engine about containers, and servers inside them, through the `docker` command.

The command knows every way to an engine, also one on another host (DOCKER_HOST), and reaches a server that has no
published port. It is made to ask the engine that the provider asks (`address`).
"""

from __future__ import annotations

import http.client
import io
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from components.engine.address import engine_environment
from components.program.entry import ProgramError
from components.program.stopping import ending_with_this

COMMAND_SECONDS = 60
"""Within these the engine must answer."""

_EXCHANGE = "exec 3<>/dev/tcp/127.0.0.1/{port} && cat >&3 && cat <&3"
"""Sends standard input to a port in the container and prints what comes back, with bash and cat alone."""


class EngineError(ProgramError):
    """The engine did not do what it was asked; the message says what it answered."""


class NotListeningError(EngineError):
    """Nothing in the container listens on the port, or the container does not run."""


class EngineTimeoutError(EngineError):
    """The engine, or what it was asked to run, took too long."""


@dataclass(frozen=True)
class State:
    """What the engine knows of a container: `status` in the engine's words, and how often it was started again."""

    status: str
    exit_code: int
    out_of_memory: bool
    restarts: int

    @property
    def runs(self) -> bool:
        """Whether the container runs now: then exit code and memory are not those of its last end."""
        return self.status == "running"


@dataclass(frozen=True)
class Container:
    """A container of the engine, by name or id."""

    name: str

    def post(
        self, port: int, path: str, body: bytes, headers: dict[str, str], seconds: float
    ) -> tuple[int, bytes]:
        """Send a request to a server in the container; return status and body.

        Raises NotListeningError, EngineTimeoutError, EngineError, and http.client.HTTPException where the answer is
        none of HTTP.
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
            raise NotListeningError(done.stderr.decode(errors="replace").strip())
        answer = http.client.HTTPResponse(_Received(done.stdout))  # type: ignore[arg-type]
        answer.begin()
        return answer.status, answer.read()

    def state(self) -> State:
        """Return the container's state. Raises EngineError, also when there is no such container."""
        done = run(["docker", "inspect", "--type", "container", self.name])
        if done.returncode != 0:
            raise EngineError(done.stderr.decode(errors="replace").strip())
        (found,) = json.loads(done.stdout)
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
    """What http.client reads an answer from: it asks a socket for a file, and nothing else."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._content)


def run(
    command: list[str],
    given: bytes = b"",
    seconds: float = COMMAND_SECONDS,
    *,
    merge: bool = False,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run the `docker` command with `given` as its input; with `merge`, errors are part of its output.

    `variables` are the environment that says which engine is asked, this program's own where none is given.
    Raises EngineError where there is no such command, and EngineTimeoutError after `seconds`.
    """
    try:
        with engine_environment(variables) as environment:
            return subprocess.run(
                command,
                input=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merge else subprocess.PIPE,
                timeout=seconds,
                check=False,
                env=environment,
                preexec_fn=ending_with_this(),
            )
    except FileNotFoundError as error:
        raise EngineError(
            "The `docker` command is not on PATH, and this update works through it: install Docker's CLI."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise EngineTimeoutError(f"`{' '.join(command[:3])}` did not end within {seconds:.0f} s.") from error
