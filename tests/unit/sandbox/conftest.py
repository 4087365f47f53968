"""Programs that only pretend to be what a part of the sandbox looks for on PATH."""

from pathlib import Path

import pytest


def quietly(line: str) -> None:
    """Take a progress line and show it nowhere."""
    del line


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on PATH, empty."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def write_program(file: Path, script: str) -> None:
    """Write a program that runs `script`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
