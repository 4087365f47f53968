"""The servers to measure: the stack's container, its program without a container, and one compiled for this machine."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import requests
from docker.client import DockerClient

from benchmarks.server.native import ensure_native_server
from components.server.container import PORT
from components.server.container import environment as server_environment
from components.settings.lanes import lanes
from sandbox.machine.cache import cache_root, entry
from sandbox.machine.ports import free_port
from sandbox.machine.process import run
from tests.contract.server.running import running
from tests.unit.project import stack_settings

READY_SECONDS = 60
BARE_PORT = 18900

COMPOSE_ENVIRONMENT = {
    "LLAMA_ARG_EMBEDDINGS": "1",
    "LLAMA_ARG_POOLING": "last",
    "LLAMA_ARG_CTX_SIZE": "8192",
    "LLAMA_ARG_BATCH_SIZE": "8192",
    "LLAMA_ARG_UBATCH_SIZE": "8192",
    "LLAMA_ARG_N_PARALLEL": "4",
}
"""The environment of the docker-compose setup that this project replaces. The server does not read its *_SIZE names."""


@dataclass(frozen=True)
class Running:
    """A server that is ready: its address, its process, and how long it took from its start to its first embedding."""

    url: str
    pid: int
    seconds_to_first_embedding: float

    def peak_memory_mib(self) -> int:
        """Return the peak memory of the process, the mapped model file included, in MiB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        return int(fields["VmHWM"].split()[0]) // 1024


@contextmanager
def container(
    image: str, model: Path, changed: Mapping[str, str | None] | None = None, quant: str = "F16"
) -> Iterator[Running]:
    """Run the stack's own container with its own settings; `changed` replaces variables or removes them (None)."""
    began = time.monotonic()
    with running(image, model, changed, quant=quant) as server:
        ready = first_embedding(server.url, began)
        server.container.reload()
        yield replace(ready, pid=int(server.container.attrs["State"]["Pid"]))


@contextmanager
def composed(image: str, model: Path) -> Iterator[Running]:
    """Run a native program in a container as the docker-compose setup does, with its settings; remove it afterwards.

    `image` lends its system, which is that of the setup: debian:bookworm-slim and the libraries of the compiler.
    """
    program = native_program()
    environment = {
        **COMPOSE_ENVIRONMENT,
        "LLAMA_ARG_HOST": "0.0.0.0",  # noqa: S104 (inside the container; it is published on loopback)
        "LLAMA_ARG_MODEL": f"/models/{model.name}",
    }
    began = time.monotonic()
    started = DockerClient.from_env().containers.run(
        image,
        entrypoint=f"/native/{program.name}",
        environment=environment,
        ports={f"{PORT}/tcp": ("127.0.0.1", None)},
        volumes={
            str(program.parent): {"bind": "/native", "mode": "ro"},
            str(model.parent): {"bind": "/models", "mode": "ro"},
        },
        detach=True,
    )
    try:
        started.reload()
        url = f"http://127.0.0.1:{started.ports[f'{PORT}/tcp'][0]['HostPort']}"
        yield replace(first_embedding(url, began), pid=int(started.attrs["State"]["Pid"]))
    finally:
        started.remove(force=True)


@contextmanager
def process(program: Path, model: Path, given: Mapping[str, str]) -> Iterator[Running]:
    """Run a program of this machine with the environment `given`, and end it afterwards."""
    port = free_port(BARE_PORT)
    log = cache_root() / f"benchmark-server-{port}.log"
    own = {**given, "LLAMA_ARG_MODEL": str(model), "LLAMA_ARG_HOST": "127.0.0.1", "LLAMA_ARG_PORT": str(port)}
    began = time.monotonic()
    with log.open("w") as output:
        started = subprocess.Popen(
            [str(program)], env={**os.environ, **own}, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield replace(first_embedding(f"http://127.0.0.1:{port}", began), pid=started.pid)
        finally:
            started.terminate()
            started.wait()


def first_embedding(url: str, began: float) -> Running:
    """Wait until the server embeds a short text; say how long that took since `began`. Raises SystemExit."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            answer = requests.post(f"{url}/v1/embeddings", json={"input": "x1"}, timeout=READY_SECONDS)
        except requests.RequestException:
            time.sleep(0.02)
            continue
        if answer.status_code == requests.codes.ok:
            return Running(url, 0, time.monotonic() - began)
        time.sleep(0.02)
    raise SystemExit(f"The server at {url} did not become ready within {READY_SECONDS} s.")


def stack_environment(model: Path) -> dict[str, str]:
    """Return the environment variables that the stack gives its server."""
    settings = stack_settings("cpu", modelFile=model.name.replace("F16", "{quant}"))
    return server_environment("cpu", settings.model, settings.server, lanes(settings.server)[0])


def bare_program(image: str) -> Path:
    """Return the program of the image, copied out of it: the same build, without a container."""
    identifier = str(DockerClient.from_env().images.get(image).id).removeprefix("sha256:")[:12]

    def build(folder: Path) -> None:
        made = DockerClient.from_env().containers.create(image)
        try:
            log = cache_root() / "benchmark-server.log"
            run(["docker", "cp", f"{made.id}:/opt/llama.cpp", folder / "llama.cpp"], log)
        finally:
            made.remove()

    return entry(cache_root(), f"llama-server-of-{identifier}", build) / "llama.cpp" / "llama-server"


def native_program() -> Path:
    """Return llama-server compiled for this machine's processor alone."""
    return ensure_native_server(cache_root(), lambda line: print(line, flush=True))
