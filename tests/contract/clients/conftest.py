"""A gateway in front of llama-server, and each client run against it in a process of its own."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.machine.cache import cache_root
from sandbox.models.library import ensure_model
from tests.contract.clients.installed import ensure_clients
from tests.contract.clients.recording import Recording, Sent, recording
from tests.contract.gateway.running import Gateway, gateway
from tests.contract.server.running import running
from tests.unit.project import PROJECT_DIRECTORY

KEY = "the-key"
MODEL = "minilm-twin"
CONTEXT = 512
CLIENT_SECONDS = 240


@dataclass(frozen=True)
class Tried:
    """What came of a case: vectors, or the name and message of the error; and the requests that it sent."""

    vectors: list[list[float]]
    error: str
    message: str
    sent: list[Sent]


Try = Callable[[str, str], Tried]
"""Returns what came of a client's case."""


@pytest.fixture(scope="package")
def served(server_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Gateway]]:
    """Start gateways with a key in front of one llama-server with the sandbox's MiniLM."""
    key = tmp_path_factory.mktemp("key") / "key"
    key.write_text(KEY)
    model = ensure_model(cache_root(), print, "F16")
    with ExitStack() as stack:
        # Embeddings are compared number by number; in bfloat16 they depend on what is embedded beside a text.
        server = stack.enter_context(
            running(server_image, model, modelPooling="mean", modelName=MODEL, serverOnednn="off")
        )
        server.wait_for("healthy")

        def start(*lanes: str, **changed: str) -> Gateway:
            settings = {"MODEL": MODEL, "WIDTH": "768", "TRAINED_DIMS": "64,768"}
            started = stack.enter_context(gateway(None, **settings, KEY_FILE=str(key), **changed))
            for lane in lanes:
                started.use_address(lane, server.url.removeprefix("http://"), CONTEXT)
            return started

        yield start


@pytest.fixture(scope="package")
def through(served: Callable[..., Gateway]) -> Gateway:
    """Return a gateway whose lanes both ask the server."""
    return served("queries", "documents")


@pytest.fixture(scope="package")
def recorded(served: Callable[..., Gateway], through: Gateway) -> Iterator[Recording]:
    """Record what clients send; at first "unavailable" has no server yet, and "full" lets no request in."""
    first = {"unavailable": served().url, "full": served("documents", AT_ONCE="0", WAITING="0").url}
    with recording(through.url, first) as found:
        yield found


@pytest.fixture(scope="package")
def tried(recorded: Recording) -> Try:
    """Return what runs all cases of a client at once, and tells what came of one."""
    python = ensure_clients(cache_root(), print)

    @cache
    def outcomes(client: str) -> tuple[dict[str, Any], dict[str, list[Sent]]]:
        recorded.sent.clear()
        found = outcomes_of(python, client, recorded.url)
        return found, dict(recorded.sent)

    def outcome(client: str, case: str) -> Tried:
        found, sent = outcomes(client)
        one = found[case]
        return Tried(one.get("vectors", []), one.get("error", ""), one.get("message", ""), sent.get(case, []))

    return outcome


def outcomes_of(python: Path, client: str, address: str) -> dict[str, Any]:
    """Run a client's program, with nothing in its environment that names another server."""
    done = subprocess.run(
        [python, "-m", f"tests.contract.clients.programs.{client}_client", address, KEY, MODEL],
        cwd=PROJECT_DIRECTORY,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "HAYSTACK_TELEMETRY_ENABLED": "False"},
        capture_output=True,
        text=True,
        timeout=CLIENT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def plain(through: Gateway, path: str, texts: Sequence[str], dims: int | None) -> list[list[float]]:
    """Return the vectors that plain HTTP gets."""
    body = {"input": list(texts)} | ({"dimensions": dims} if dims else {})
    answer = through.ask(path, body, {"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200, answer.text
    return [row["embedding"] for row in answer.json()["data"]]
