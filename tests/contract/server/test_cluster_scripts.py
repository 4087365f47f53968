"""What a cluster runs in the server's image, run in a container of the real one."""

import threading
import time

import pytest

from components.container.secret_file import FOLDER
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import TINY
from sandbox.models.library import ensure_eurobert_model
from tests.contract.server.running import Server, running
from tests.contract.server.test_server import document

pytestmark = pytest.mark.sandbox


def run(server: Server, *command: str) -> tuple[int, str]:
    """Run a command in the container; return its exit code and what it said."""
    code, said = server.container.exec_run(list(command))
    return int(code), said.decode()


@pytest.mark.parametrize(
    ("dimensions", "code", "said"), [("768", 0, ""), ("512", 1, "768 numbers, and 512 are wanted")]
)
def test_a_server_has_started_when_its_embedding_is_right(
    twin: Server, dimensions: str, code: int, said: str
) -> None:
    ended, told = run(twin, "startup-check", dimensions)
    assert (ended, said in told) == (code, True), told


def test_both_read_the_key_from_a_file(server_image: str) -> None:
    model = ensure_eurobert_model(cache_root(), print, "F16", TINY)
    with running(server_image, model, serverApiKey="a-long-enough-key") as server:
        server.wait_for("healthy")
        key = server.container.attrs["Args"][-1]
        assert key.startswith(FOLDER)
        width = str(TINY.width)
        assert run(server, "startup-check", width, key) == (0, "")
        code, said = run(server, "startup-check", width)
        assert (code, "HTTP 401" in said) == (1, True), said
        began = time.monotonic()
        assert run(server, "drain", "0", "30", key) == (0, "")
        assert time.monotonic() - began < 15


def test_a_server_is_drained_when_its_last_request_is_answered(eurobert: Server) -> None:
    answered: list[float] = []

    def ask() -> None:
        for _ in range(3):
            assert eurobert.embeddings(document(8000))
            answered.append(time.monotonic())

    client = threading.Thread(target=ask)
    client.start()
    # The first request is on its way by then, and the others follow it at once.
    time.sleep(0.3)
    assert run(eurobert, "drain", "0", "120") == (0, "")
    ended = time.monotonic()
    client.join()
    assert len(answered) == 3
    assert ended >= answered[-1]
