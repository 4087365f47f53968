"""Puts a double of the `docker` command before all others."""

import os
from pathlib import Path

import pytest

from tests.unit.docker_double import DockerDouble


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DockerDouble:
    """Return the double."""
    folder = tmp_path / "docker-double"
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return DockerDouble(folder)
