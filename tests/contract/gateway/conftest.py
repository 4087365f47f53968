"""A gateway in front of two doubles, one for each lane."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.contract.gateway.running import QUERY_CONTEXT, Double, Gateway, double, gateway, gateway_of_image
from tests.fixtures.gateway_image import build_gateway_image

Doubles = tuple[Double, Double]


@dataclass(frozen=True)
class Lanes:
    """A gateway and the doubles that its lanes ask."""

    gateway: Gateway
    queries: Double
    documents: Double


@pytest.fixture(scope="session")
def started_doubles() -> Iterator[Doubles]:
    with double() as first, double() as second:
        yield first, second


@pytest.fixture
def doubles(started_doubles: Doubles) -> Doubles:
    """Give two doubles that no test ends, for gateways of a test's own."""
    for one in started_doubles:
        one.behave()
    return started_doubles


@pytest.fixture(scope="session", params=["process", pytest.param("image", marks=pytest.mark.sandbox)])
def started_lanes(request: pytest.FixtureRequest, started_doubles: Doubles) -> Iterator[Lanes]:
    """Run the program twice: with this environment's packages, and with Debian's in the image."""
    wanted = gateway() if request.param == "process" else gateway_of_image(build_gateway_image())
    queries, documents = started_doubles
    with wanted as one:
        one.use("queries", queries, QUERY_CONTEXT)
        one.use("documents", documents)
        yield Lanes(one, queries, documents)


@pytest.fixture
def lanes(started_lanes: Lanes, doubles: Doubles) -> Lanes:  # noqa: ARG001 (they behave again)
    return started_lanes
