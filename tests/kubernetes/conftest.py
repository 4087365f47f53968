"""A cluster of fake nodes and one of real nodes, each started once for all tests that ask for it, and then removed."""

from collections.abc import Iterator

import pytest

from sandbox.docker.engine import ensure_engine
from sandbox.kubernetes import cluster
from sandbox.kubernetes.cluster import Cluster
from sandbox.machine.cache import cache_root


@pytest.fixture(scope="session")
def fake_nodes() -> Iterator[Cluster]:
    """Run a cluster whose API is real, and whose nodes only say that they run what they are given."""
    ensure_engine(cache_root(), print)
    with cluster.running(cache_root(), print, "jina-tests-fake", fake_nodes=3) as running:
        yield running


@pytest.fixture(scope="session")
def real_nodes() -> Iterator[Cluster]:
    """Run a cluster of three nodes that run containers."""
    ensure_engine(cache_root(), print)
    with cluster.running(cache_root(), print, "jina-tests", nodes=3) as running:
        yield running
