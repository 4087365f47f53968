"""Starts the gateway, and doubles of llama-server behind it, each as a process of its own."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.unit.project import PROJECT_DIRECTORY

FOLDER = PROJECT_DIRECTORY / "docker"
MODEL = "a-model"
WIDTH, CONTEXT, QUERY_CONTEXT, TRAINED_DIMS = 8, 40, 20, "2,4,8"
STARTED_WITHIN = 30

LEAST_PRIVILEGE = (
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--tmpfs=/tmp:rw,noexec,nosuid,size=16m",
    "--mount=type=volume,destination=/var/lib/gateway",
)


@dataclass(frozen=True)
class Double:
    """A double of llama-server at `address` (host:port), run by `process`."""

    address: str
    process: subprocess.Popen[str]

    def behave(self, **behaviour: Any) -> None:
        """Have it behave so from now on, and forget what it was sent."""
        requests.post(f"http://{self.address}/behave", json=behaviour, timeout=10).raise_for_status()

    def sent(self) -> list[dict[str, Any]]:
        """Return what it was sent since: bodies, headers, how many it had at once, and whether the asker left."""
        found: list[dict[str, Any]] = requests.get(f"http://{self.address}/sent", timeout=10).json()
        return found

    def until_asked(self) -> None:
        """Wait until it was sent something."""
        end = time.monotonic() + STARTED_WITHIN
        while not self.sent():
            assert time.monotonic() < end, "Nothing was sent."
            time.sleep(0.02)

    def inputs(self) -> list[Any]:
        """Return all inputs of all requests in their order."""
        return [one for request in self.sent() for one in request["body"]["input"]]


@dataclass(frozen=True)
class Gateway:
    """A gateway at `url`: `process` runs it, and `switch` is the command that moves a lane."""

    url: str
    process: subprocess.Popen[str]
    switch: Sequence[str | Path]

    def ask(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Post a body, as JSON unless it is bytes."""
        given: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        return requests.post(f"{self.url}{path}", headers=headers, timeout=60, **given)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Get a path."""
        return requests.get(f"{self.url}{path}", headers=headers, timeout=60)

    def use_server(
        self, lane: str, name: str, seconds: float = 30, context: int = CONTEXT
    ) -> subprocess.CompletedProcess[str]:
        """Run the program that switches a lane."""
        return self.order(lane, name, str(seconds), str(context))

    def order(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run that program with arguments."""
        command = [*self.switch, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def use(self, lane: str, double: Double, context: int = CONTEXT) -> None:
        """Switch a lane, as an update does."""
        self.use_address(lane, double.address, context)

    def use_address(self, lane: str, address: str, context: int) -> None:
        """Switch a lane to a server at `address` (host:port) that takes `context` tokens."""
        done = self.use_server(lane, address, context=context)
        assert done.returncode == 0, done.stderr

    def said(self) -> str:
        """End the gateway, and return what it wrote."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=60)[0]


def environment(folder: Path, port: int) -> dict[str, str]:
    """Return the settings of a gateway in front of doubles."""
    return {
        "GATEWAY_MODEL": f"{MODEL}, another-name",
        "GATEWAY_QUERY_PREFIX": "Query: ",
        "GATEWAY_DOCUMENT_PREFIX": "Document: ",
        "GATEWAY_WIDTH": str(WIDTH),
        "GATEWAY_TRAINED_DIMS": TRAINED_DIMS,
        "GATEWAY_ADDRESS": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "GATEWAY_STATE": str(folder),
        "GATEWAY_SOCKET": str(folder / "socket"),
    }


@contextmanager
def gateway(folder: Path | None = None, **changed: str) -> Iterator[Gateway]:
    """Start a gateway whose lanes have no servers yet, or those that it remembers in `folder`."""
    with tempfile.TemporaryDirectory(prefix="gateway-") as fresh:
        folder, port = folder or Path(fresh), free()
        settings = environment(folder, port) | {f"GATEWAY_{name}": value for name, value in changed.items()}
        with program(["gateway"], FOLDER, settings) as process:
            switch: list[str | Path] = [
                "env",
                f"GATEWAY_SOCKET={folder / 'socket'}",
                sys.executable,
                FOLDER / "gateway/use_server.py",
            ]
            started = Gateway(f"http://127.0.0.1:{port}", process, switch)
            wait_for(f"{started.url}/live", process)
            yield started


@contextmanager
def gateway_of_image(image: str, **changed: str) -> Iterator[Gateway]:
    """Start the image, with as few rights as the stack's containers have, on the network of this machine."""
    name, port = f"gateway-test-{secrets.token_hex(4)}", free()
    settings = environment(Path(), port) | {f"GATEWAY_{key}": value for key, value in changed.items()}
    del settings["GATEWAY_STATE"], settings["GATEWAY_SOCKET"]
    command = ["docker", "run", "--rm", "--name", name, "--network=host", *LEAST_PRIVILEGE]
    command += [f"--env={key}={value}" for key, value in settings.items()]
    with running([*command, image], FOLDER, dict(os.environ)) as process:
        try:
            started = Gateway(f"http://127.0.0.1:{port}", process, ["docker", "exec", name, "use-server"])
            wait_for(f"{started.url}/live", process)
            yield started
        finally:
            subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False)


@contextmanager
def double(
    width: int = WIDTH, context: int = CONTEXT, *, address: str = "", within: Sequence[str] = ()
) -> Iterator[Double]:
    """Start a double of llama-server, at `address` (host:port) or one that is free, by the command `within`."""
    host, _, port = (address or f"127.0.0.1:{free()}").partition(":")
    arguments = ["tests.contract.gateway.llama_double", port, str(width), str(context), host]
    with program(arguments, PROJECT_DIRECTORY, {"PYTHONPATH": str(FOLDER)}, within) as process:
        wait_for(f"http://{host}:{port}/health", process)
        yield Double(f"{host}:{port}", process)


@contextmanager
def program(
    module: Sequence[str], folder: Path, settings: Mapping[str, str], within: Sequence[str] = ()
) -> Iterator[subprocess.Popen[str]]:
    """Run a module of Python in a folder until the context ends, by the command `within`."""
    command = [*within, sys.executable, "-m", *module]
    with running(command, folder, {"PATH": os.environ["PATH"], **settings}) as process:
        yield process


@contextmanager
def running(
    command: Sequence[str], folder: Path, settings: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a folder until the context ends."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    """Wait until a process answers with 200."""
    end = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < end:
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{url} does not answer.")


def free() -> int:
    """Return a port of loopback that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def kibibytes(process: subprocess.Popen[str], figure: str = "VmRSS") -> int:
    """Return the memory that a process has now, or has had at most (VmHWM)."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition(f"{figure}:")[2].split()[0])
