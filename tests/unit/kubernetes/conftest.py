"""A cluster that tests of programs ask."""

from pathlib import Path

import pytest

from tests.unit.kubernetes.kubectl_double import KubectlDouble


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KubectlDouble:
    """Put a double of kubectl on PATH; it knows nothing yet."""
    return KubectlDouble(tmp_path, monkeypatch)
