"""Puts a double of the `docker` command before all others."""

from pathlib import Path

import pytest

from tests.unit.docker_double import DockerDouble


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DockerDouble:
    """Return the double."""
    return DockerDouble(tmp_path / "docker-double", monkeypatch)
