"""What the stack's own check says of real servers that do not do what they should, inside their containers."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from components.commands.embedding_check import run as run_check
from components.program.errors import CheckError
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import TINY
from sandbox.models.library import ensure_eurobert_model
from tests.contract.server.running import Server, running

pytestmark = pytest.mark.sandbox

AT_ONCE = 15
"""Seconds within which a crash must be reported: no time-out is waited for."""


def truncated(content: bytes) -> bytes:
    return content[:-50_000]


def of_another_architecture(content: bytes) -> bytes:
    name = content.index(b"eurobert", content.index(b"general.architecture"))
    return content[:name] + b"eurobird" + content[name + 8 :]


def no_model(_content: bytes) -> bytes:
    return b"<html>not found</html>" * 100


@pytest.fixture
def model() -> Path:
    return ensure_eurobert_model(cache_root(), print, "F16", TINY)


def test_a_server_is_proved_inside_its_container_without_any_published_port(eurobert: Server) -> None:
    said = run_check(eurobert.check_inside(TINY.width), eurobert.inspected)
    assert said == f"any answers with {TINY.width} finite numbers of length 1"


def test_the_key_is_sent_and_a_wrong_one_is_refused(server_image: str, model: Path) -> None:
    with running(server_image, model, serverApiKey="a-long-enough-key") as server:
        assert run_check(server.check_inside(TINY.width, "a-long-enough-key"), server.inspected)
        with pytest.raises(CheckError, match="HTTP 401"):
            run_check(server.check_inside(TINY.width, "another-key"), server.inspected)


def test_a_model_of_another_width_is_refused(eurobert: Server) -> None:
    with pytest.raises(
        CheckError, match=f"returned {TINY.width} dimensions where modelDimensions promises 768"
    ):
        run_check(eurobert.check_inside(768), eurobert.inspected)


@pytest.mark.parametrize(
    ("change", "says", "what_to_do"),
    [
        (truncated, "not within the file bounds", "pulumi refresh"),
        (of_another_architecture, "unknown model architecture: 'eurobird'", "llamaCppRef"),
        (no_model, "invalid magic", "pulumi refresh"),
    ],
)
@pytest.mark.parametrize("restart", [False, True], ids=["once", "over and over"])
def test_a_model_that_cannot_be_loaded_is_reported_in_seconds_with_the_servers_own_words(
    server_image: str,
    model: Path,
    tmp_path: Path,
    change: Callable[[bytes], bytes],
    says: str,
    what_to_do: str,
    restart: bool,
) -> None:
    wrong = tmp_path / model.name
    wrong.write_bytes(change(model.read_bytes()))
    wrong.chmod(0o644)
    with running(server_image, wrong, restart=restart) as server:
        began = time.monotonic()
        with pytest.raises(CheckError) as raised:
            run_check(server.check_inside(TINY.width), server.inspected)
        assert time.monotonic() - began < AT_ONCE
    assert says in str(raised.value)
    assert what_to_do in str(raised.value)
    assert "exit code 1" in str(raised.value)


def test_a_setting_that_the_server_refuses_is_named(server_image: str, model: Path) -> None:
    says = r"(?s)serverExtraArguments.*LLAMA_ARG_FLASH_ATTN"
    refused = {"LLAMA_ARG_FLASH_ATTN": "perhaps"}
    with (
        running(server_image, model, refused, restart=True) as server,
        pytest.raises(CheckError, match=says),
    ):
        run_check(server.check_inside(TINY.width), server.inspected)
