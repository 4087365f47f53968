"""A server beside the stack's own: from the same image, with the same settings but one, on loopback."""

import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.elasticsearch.embedding import server
from components.elasticsearch.embedding.server import PATH
from components.elasticsearch.errors import EmbeddingError
from components.engine.container import Container
from components.engine.docker_cli import answer
from components.engine.errors import EngineError
from components.server.container import MODELS, PORT
from components.settings.setting import PREFIX
from jinactl.beside.leftovers import is_left, own_mark
from jinactl.errors import CommandError

PASSED_ON = (PREFIX, "GGML_")
"""What the names begin of the variables that decide how a server computes: llama-server's and ggml's."""

LABEL = "jina-search.evaluation"
NAME = "jina-search-evaluation"
READY_WITHIN = 300.0
PAUSE = 0.2
LINES = 5


@dataclass(frozen=True)
class ServerTemplate:
    """What a server of the stack is started with, as the engine shows it: all but the model file and the key."""

    image: str
    environment: Sequence[str]
    limits: Sequence[str]


def read_template(container: str) -> ServerTemplate:
    """Look at the stack's server; raises CommandError where no server can be started beside it, saying why."""
    if not container:
        raise CommandError(
            "no Docker engine has the stack's server, beside which another one could be started"
        )
    if address := _another_machine():
        raise CommandError(
            f"the Docker engine is on another machine ({address}), and a server there is not reached from here"
        )
    try:
        (found,) = json.loads(answer(["docker", "inspect", "--type", "container", container]))
    except EngineError as error:
        raise CommandError(f"Docker does not show the stack's server {container} here: {error}") from error
    if any(mount["Type"] == "volume" and mount["Destination"] == MODELS for mount in found.get("Mounts", [])):
        raise CommandError(
            "the engine gets model files through a volume (modelDelivery), and sees none from here"
        )
    environment = [one for one in found["Config"]["Env"] if one.startswith(PASSED_ON)]
    return ServerTemplate(str(found["Image"]), environment, _limits(found["HostConfig"]))


def _another_machine() -> str:
    """Return the address of the Docker engine where it is not on this machine, else an empty text."""
    address = os.environ.get("DOCKER_HOST", "")
    return "" if address.startswith("unix://") else address


def _limits(host: Mapping[str, Any]) -> list[str]:
    limits = [f"--cpus={host['NanoCpus'] / 1e9}"] if host.get("NanoCpus") else []
    limits += [f"--memory={host['Memory']}"] if host.get("Memory") else []
    # People's queries come first, as before the server for documents.
    limits += [f"--cpu-shares={host['CpuShares']}"] if host.get("CpuShares") else []
    for request in host.get("DeviceRequests") or []:
        ids = request.get("DeviceIDs")
        count = request.get("Count", -1)
        wanted = f'"device={",".join(ids)}"' if ids else "all" if count < 0 else str(count)
        limits.append(f"--gpus={wanted}")
    return limits


def remove_left_servers() -> list[str]:
    """Remove the servers of evaluations whose process is gone; return their names. Raises EngineError."""
    if _another_machine():  # none was started there
        return []
    shown = f'{{{{.Names}}}} {{{{.Label "{LABEL}"}}}}'
    listed = answer(["docker", "ps", "--all", "--filter", f"label={LABEL}", "--format", shown])
    left = [name for name, mark in (line.split(" ", 1) for line in listed.splitlines()) if is_left(mark)]
    for name in left:
        answer(["docker", "rm", "--force", name])
    return left


@dataclass(frozen=True)
class StartedServer:
    """A server that runs: the `url` of its /v1/embeddings, which needs no key, and its `container`."""

    url: str
    container: str


@contextmanager
def temporary_server(
    template: ServerTemplate, model: Path, name: str, *, ready_within: float = READY_WITHIN
) -> Iterator[StartedServer]:
    """Start a server with a model file, and remove it however the block ends; `name` is that of the model.

    It has no key: only this machine reaches it. Raises CommandError when it is not ready within these seconds.
    """
    container = f"{NAME}-{secrets.token_hex(4)}"
    try:
        answer(["docker", "run", *_options(template, model, container), template.image])
        url = f"http://127.0.0.1:{_published_port(container)}{PATH}"
        _wait(container, url, name, ready_within)
        yield StartedServer(url, container)
    except EngineError as error:
        raise CommandError(f"Docker did not run a server for {model.name}: {error}") from error
    finally:
        with suppress(EngineError):
            answer(["docker", "rm", "--force", container])


def _options(template: ServerTemplate, model: Path, container: str) -> list[str]:
    variables = [one for one in template.environment if not one.startswith(f"{PREFIX}MODEL=")]
    variables.append(f"{PREFIX}MODEL={MODELS}/{model.name}")
    return [
        "--detach",
        f"--name={container}",
        f"--label={LABEL}={own_mark()}",
        f"--publish=127.0.0.1::{PORT}",
        f"--mount=type=bind,source={model},target={MODELS}/{model.name},readonly",
        "--read-only",
        "--tmpfs=/tmp:rw,noexec,nosuid,size=64m",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        *template.limits,
        *(f"--env={one}" for one in variables),
    ]


def _published_port(container: str) -> str:
    try:
        return answer(["docker", "port", container, f"{PORT}/tcp"]).rpartition(":")[2]
    except EngineError:
        # A server that has ended publishes none: its own words say more.
        if Container(container).state().runs:
            raise
        raise _not_ready(container) from None


def _wait(container: str, url: str, model: str, ready_within: float) -> None:
    until = time.monotonic() + ready_within
    while time.monotonic() < until:
        with suppress(EmbeddingError):
            server.ask(url, "", {"input": ["ready?"], "model": model}, what="a text", timeout=ready_within)
            return
        if not Container(container).state().runs:
            break
        time.sleep(PAUSE)
    raise _not_ready(container)


def _not_ready(container: str) -> CommandError:
    said = "\n".join(Container(container).last_lines(LINES))
    return CommandError(
        f"The server beside the stack's, {container}, did not become ready. Its last lines:\n{said}"
    )
