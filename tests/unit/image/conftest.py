"""Makes a git repository for the tests of the source, and a double of the engine."""

import os
from pathlib import Path

import pytest

from tests.unit.image.engine_double import EngineDouble
from tests.unit.image.git_repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Make a repository with one commit."""
    return Repository(tmp_path / "llama.cpp.git")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineDouble:
    """Put a double of the `docker` command before all others."""
    double = EngineDouble(tmp_path / "engine-double")
    monkeypatch.setenv("PATH", f"{double.folder}:{os.environ['PATH']}")
    return double
