"""How git is run: whom it may ask for a password."""

import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from components.image.git import run_git


class WantsLogin(BaseHTTPRequestHandler):
    """Answers as GitHub does for a repository that is private or absent."""

    def do_GET(self) -> None:
        """Ask for a name and a password."""
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Basic realm=x")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Write nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Serve WantsLogin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), WantsLogin) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/x.git"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("variable", ["GIT_ASKPASS", "SSH_ASKPASS"])
def test_no_program_is_made_to_ask_for_a_password(
    variable: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Editors and desktops set such programs, which open a window and wait."""
    asked = tmp_path / "asked"
    program = tmp_path / "ask"
    program.write_text(f'#!/bin/sh\ntouch "{asked}"\necho x\n')
    program.chmod(0o755)
    monkeypatch.delenv("GIT_ASKPASS", raising=False)
    monkeypatch.setenv(variable, str(program))

    answer = run_git(["ls-remote", address], within=10.0)
    assert not answer.succeeded
    assert "could not read Username" in answer.said
    assert not asked.exists()

    silent = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    subprocess.run(["git", "ls-remote", address], env=silent, capture_output=True, check=False)
    assert asked.exists(), "git asks no program here anyhow, so nothing was tested"
