"""Makes a git repository for the tests of the source."""

from pathlib import Path

import pytest

from tests.unit.image.git_repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Make a repository with one commit."""
    return Repository(tmp_path / "llama.cpp.git")
