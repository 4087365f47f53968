"""Where a stack's secrets could show: its state, its outputs, the engine's most talkative log, and process lists."""

import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from docker.client import DockerClient

from sandbox.machine.ports import free_port
from sandbox.preparation import Prepared
from sandbox.pulumi.stack import SandboxStack
from tests.e2e.conftest import containers, new_stack, remove_left_overs, volumes

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

EVERYTHING = ("-v=9", "--logtostderr", "--logflow")
ENGINE_LINE = re.compile(r'"msg":"(Unm|M)arshaling property for RPC\[.*"v":9\}$')
"""The engine's note of a property that goes from one process to another: it shows a secret's content below its mark.

Nothing in a program or provider decides over it. It is written at -v=9 only: up to -v=8 no secret may show at all.
"""

SERVER_PORT = 18180
ELASTICSEARCH_PORT = 19300
SAMPLED_EVERY = 0.02


@dataclass(frozen=True)
class BroughtUp:
    """What an update left: its log, and the arguments of every process that was seen while it ran."""

    stack: SandboxStack
    api_key: str
    password: str
    log: str
    arguments: frozenset[bytes]


@contextmanager
def process_arguments() -> Iterator[set[bytes]]:
    """Collect the arguments of all processes of the machine, containers' too, until the block ends."""
    seen: set[bytes] = set()
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(SAMPLED_EVERY):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(process.read_bytes())
                except OSError:  # it has just ended
                    continue

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield seen
    finally:
        ended.set()
        sampler.join()


@pytest.fixture(scope="module")
def brought_up(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BroughtUp]:
    """Bring a stack up whose server asks for a key, while everything is written down."""
    ports = {"serverPort": free_port(SERVER_PORT), "elasticsearchPort": free_port(ELASTICSEARCH_PORT)}
    stack = new_stack("secrets", tmp_path_factory.mktemp("secrets"), prepared, **ports)
    api_key = secrets.token_urlsafe(24)
    stack.set_secret("serverApiKey", api_key)
    try:
        with process_arguments() as arguments:
            finished = stack.up(*EVERYTHING, capture=True)
        assert finished.exit_code == 0, finished.output[-4000:]
        password = stack.outputs()["elasticsearchPassword"]
        yield BroughtUp(stack, api_key, password, finished.output, frozenset(arguments))
    finally:
        remove_left_overs("secrets")


def lines_with(text: str, secret: str) -> list[str]:
    """Return the beginnings of the lines that a secret is in, without it."""
    return [line.replace(secret, "[FOUND]")[:300] for line in text.splitlines() if secret in line]


@pytest.mark.parametrize("which", ["api_key", "password"])
def test_a_secret_is_encrypted_in_the_state(brought_up: BroughtUp, which: str) -> None:
    assert getattr(brought_up, which) not in str(brought_up.stack.export())


@pytest.mark.parametrize("which", ["api_key", "password"])
def test_a_secret_is_hidden_in_the_outputs(brought_up: BroughtUp, which: str) -> None:
    shown = brought_up.stack.outputs(show_secrets=False)
    assert shown["serverApiKey"] == shown["elasticsearchPassword"] == "[secret]"
    assert getattr(brought_up, which) not in str(shown)


@pytest.mark.parametrize("which", ["api_key", "password"])
def test_a_secret_is_in_no_line_of_the_log_but_the_engines_own_at_its_most_talkative(
    brought_up: BroughtUp, which: str
) -> None:
    assert '"v":9}' in brought_up.log, "the log is not the talkative one"
    lines = brought_up.log.splitlines()
    shown = "\n".join(line for line in lines if not ENGINE_LINE.search(line))
    assert len(shown.splitlines()) > 100
    assert lines_with(shown, getattr(brought_up, which)) == []


@pytest.mark.parametrize("which", ["api_key", "password"])
def test_a_secret_is_in_nothing_that_the_engine_says_of_a_container_or_volume(
    brought_up: BroughtUp, which: str
) -> None:
    """The Docker provider writes what the engine says into the log, from -v=3 on."""
    found = containers("secrets")
    assert len(found) == 4
    engine = DockerClient.from_env()
    said = [*(one.attrs for one in found), *(engine.volumes.get(one).attrs for one in volumes("secrets"))]
    assert getattr(brought_up, which) not in str(said)


@pytest.mark.parametrize("which", ["api_key", "password"])
def test_a_secret_is_in_no_arguments_of_a_process(brought_up: BroughtUp, which: str) -> None:
    secret = getattr(brought_up, which).encode()
    assert any(b"llama-server" in one for one in brought_up.arguments), "the server was not seen"
    assert [one for one in brought_up.arguments if secret in one] == []
