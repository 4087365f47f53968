"""A recorded cluster in place of every connection, and no cluster that did not answer before."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from components.elasticsearch.cluster import presence
from components.elasticsearch.dynamic import provider as providers
from tests.unit.elasticsearch.recording import RecordedCluster


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> RecordedCluster:
    """Put a recorded cluster in the place of every connection."""
    recorded = RecordedCluster()

    @contextmanager
    def opened(*_: object) -> Iterator[RecordedCluster]:
        yield recorded

    monkeypatch.setattr(providers, "client_of", opened)
    return recorded


@pytest.fixture
def waited_for(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Return the clusters that were waited for in vain: none."""
    silent: dict[str, float] = {}
    monkeypatch.setattr(presence, "_asked_once_until", silent)
    return silent
