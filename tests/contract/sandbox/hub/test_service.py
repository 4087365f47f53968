"""The Hub in the background: the real one if it answers, else a stand-in that outlives whoever started it."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import constants

from sandbox.hub import service
from sandbox.hub.repository import Repository, hub_folder
from sandbox.hub.server import Hub
from sandbox.hub.service import ensure_hub, stop_hub


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a cache for a machine that no real Hub answers."""
    with Hub({}) as gone:
        pass
    monkeypatch.setattr(constants, "ENDPOINT", gone.endpoint)
    yield tmp_path / "cache"
    stop_hub(tmp_path / "cache")


def ignore(_line: str) -> None:
    """Take a line for a person who is not there."""


def process_of(endpoint: str) -> int:
    return int(httpx2.get(f"{endpoint}/stand-in/health").json()["process"])


def test_a_stand_in_is_started_once_and_named_as_one(cache: Path) -> None:
    said: list[str] = []
    first = ensure_hub(cache, said.append, port=8950)
    again = ensure_hub(cache, said.append, port=8950)
    assert first == again
    assert (first.part.name, first.part.real) == ("model hub", False)
    assert "stand-in" in first.part.what
    assert len(said) == 1


def test_files_that_are_put_into_the_cache_are_served(cache: Path) -> None:
    hub = ensure_hub(cache, ignore, port=8950)
    folder = hub_folder(cache) / "owner" / "name"
    folder.mkdir(parents=True)
    (folder / "model.gguf").write_bytes(b"GGUF")
    answer = httpx2.head(f"{hub.endpoint}/owner/name/resolve/main/model.gguf")
    assert answer.headers["X-Linked-Size"] == "4"


def test_one_that_serves_another_folder_is_started_anew_at_the_same_address(
    cache: Path, tmp_path: Path
) -> None:
    first = ensure_hub(cache, ignore, port=8950)
    process = process_of(first.endpoint)
    second = ensure_hub(cache, ignore, tmp_path / "other", port=8950)
    assert second.endpoint == first.endpoint
    assert process_of(second.endpoint) != process


def test_one_that_was_killed_is_started_again(cache: Path) -> None:
    hub = ensure_hub(cache, ignore, port=8950)
    os.kill(process_of(hub.endpoint), signal.SIGKILL)
    time.sleep(0.1)
    assert process_of(ensure_hub(cache, ignore, port=8950).endpoint) > 0


def test_a_port_that_somebody_else_has_is_left_alone(cache: Path) -> None:
    with Hub({}) as other:
        port = int(other.endpoint.rpartition(":")[2])
        assert ensure_hub(cache, ignore, port=port).endpoint != other.endpoint


def test_stopping_ends_it_and_stopping_again_does_nothing(cache: Path) -> None:
    hub = ensure_hub(cache, ignore, port=8950)
    stop_hub(cache)
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(hub.endpoint)
    stop_hub(cache)


def test_the_real_hub_is_used_where_it_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub({service.REPOSITORY: Repository(commit="c" * 40, files={})}) as real:
        monkeypatch.setattr(constants, "ENDPOINT", real.endpoint)
        hub = ensure_hub(tmp_path, ignore)
    assert (hub.part.real, hub.endpoint) == (True, real.endpoint)
    assert not (tmp_path / "hub.json").exists()
