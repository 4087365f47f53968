"""A gateway in front of two doubles, one for each lane."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.contract.gateway.running import Double, Gateway, double, gateway


@dataclass(frozen=True)
class Lanes:
    """A gateway and the doubles that its lanes ask."""

    gateway: Gateway
    queries: Double
    documents: Double


@pytest.fixture(scope="session")
def started_lanes() -> Iterator[Lanes]:
    with gateway() as one, double() as queries, double() as documents:
        one.use("queries", queries)
        one.use("documents", documents)
        yield Lanes(one, queries, documents)


@pytest.fixture
def lanes(started_lanes: Lanes) -> Lanes:
    started_lanes.queries.behave()
    started_lanes.documents.behave()
    return started_lanes
