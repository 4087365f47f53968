"""The programs ask the same engine as the provider, whichever context the `docker` command is in."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.engine.docker_cli import run
from components.engine.info import engine_id

pytestmark = pytest.mark.sandbox

NOBODY_MUST_ASK = "another"
"""The context in use: its engine counts who asks it, and answers nobody."""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Select the context of another engine for the `docker` command; return the requests that this engine receives."""
    found: list[str] = []
    path = tmp_path / "another.sock"
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.delenv("DOCKER_CONTEXT", raising=False)
    for arguments in (
        ["create", NOBODY_MUST_ASK, "--docker", f"host=unix://{path}"],
        ["use", NOBODY_MUST_ASK],
    ):
        subprocess.run(["docker", "context", *arguments], check=True, capture_output=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=_count, args=(listener, found), daemon=True).start()
        yield found
        listener.shutdown(socket.SHUT_RDWR)


def _count(listener: socket.socket, found: list[str]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            found.append(connection.recv(4096).decode(errors="replace").partition("\r\n")[0])


def test_the_engine_of_the_context_is_not_asked(asked: list[str]) -> None:
    assert engine_id()
    assert run(["docker", "ps"]).returncode == 0
    assert asked == []


@pytest.mark.parametrize("way", ["in use", "in the environment"])
def test_without_that_the_docker_command_would_ask_it(asked: list[str], way: str) -> None:
    chosen = {"DOCKER_CONTEXT": NOBODY_MUST_ASK} if way == "in the environment" else {}
    subprocess.run(
        ["docker", "ps"], env={**os.environ, **chosen}, check=False, capture_output=True, timeout=30
    )
    assert asked
    asked.clear()
    assert run(["docker", "ps"], told=chosen).returncode == 0
    assert asked == []
