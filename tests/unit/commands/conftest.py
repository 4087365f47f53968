"""Puts doubles in the place of the commands `docker` and `kubectl`."""

from pathlib import Path

import pytest

from tests.unit.docker_double import DockerDouble
from tests.unit.kubectl_double import KubectlDouble


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DockerDouble:
    """Return the double."""
    return DockerDouble(tmp_path / "docker-double", monkeypatch)


@pytest.fixture
def kubectl(monkeypatch: pytest.MonkeyPatch) -> KubectlDouble:
    """Return the double."""
    return KubectlDouble(monkeypatch)
