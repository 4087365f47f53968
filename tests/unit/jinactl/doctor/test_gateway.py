"""What the doctor finds of the gateway and its lanes, at a double of it over a socket."""

import math
from collections.abc import Iterator
from typing import Any

import pytest

from jinactl.doctor.finding import CannotLookError
from jinactl.doctor.gateway import CHECKS, Answer, GatewayReading, read_gateway
from tests.fixtures.embedding_server import EmbeddingServer, embedding_server
from tests.unit.jinactl.doctor.declaration import declared, found


@pytest.fixture(scope="module")
def shared() -> Iterator[EmbeddingServer]:
    with embedding_server() as double:
        yield double


@pytest.fixture
def gateway(shared: EmbeddingServer) -> EmbeddingServer:
    shared.reset()
    shared.models = ()
    return shared


def told(gateway: EmbeddingServer, **outputs: object) -> dict[str, str]:
    own = {"serverUrl": f"http://127.0.0.1:{gateway.port}", "serverApiKey": ""}
    return found(CHECKS, read_gateway(declared(**{**own, **outputs})))


def test_one_that_is_well_gives_no_finding(gateway: EmbeddingServer) -> None:
    assert told(gateway) == {}


@pytest.mark.parametrize(
    ("knobs", "expected"),
    [
        ({"key": "k"}, {"gateway-key": "refuses no key (401)", "server-vectors": "not looked"}),
        ({"lanes": {"queries": "unavailable", "documents": "ok"}}, {"lane-not-ready": "lane for queries"}),
        ({"failures": 2, "failure_status": 429}, {"lane-not-ready": "documents", "server-vectors": "not"}),
        ({"models": ["other"]}, {"model-name": "the gateway's model is other"}),
        ({"width": 384}, {"server-vectors": "returns 384 dimensions, and the stack's model has 768"}),
    ],
    ids=["key", "lane", "busy", "model", "width"],
)
def test_each_fault_is_named(
    knobs: dict[str, Any], expected: dict[str, str], gateway: EmbeddingServer
) -> None:
    for name, value in knobs.items():
        setattr(gateway, name, value)
    found_here = told(gateway)
    assert found_here.keys() == expected.keys()
    for name, words in expected.items():
        assert words in found_here[name]


def test_nothing_that_answers_and_another_program_are_told_apart(gateway: EmbeddingServer) -> None:
    silent = told(gateway, serverUrl="http://127.0.0.1:9")
    assert "nothing answers at http://127.0.0.1:9" in silent.pop("gateway-unreachable")
    foreign = told(gateway, serverUrl=f"http://127.0.0.1:{gateway.port}/elsewhere")
    assert "another program" in foreign.pop("gateway-foreign")
    assert set((silent | foreign).values()) == {"not looked: the gateway does not answer"}


def test_outputs_without_an_address_cannot_be_asked() -> None:
    with pytest.raises(CannotLookError, match="no serverUrl"):
        read_gateway(declared("serverUrl"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(status=429, body={"error": {"code": "queue_full", "message": "256 wait"}}), "lane-full"),
        (
            Answer(status=429, body={"error": {"code": "unavailable", "message": "None yet."}}),
            "lane-not-ready",
        ),
        (Answer(status=0, body={}), "server-vectors"),
        (Answer(status=200, body={"data": [{"embedding": [math.nan, 1.0]}]}), "server-vectors"),
        (Answer(status=200, body={"data": [{"embedding": [3.0, 4.0]}]}), "server-vectors"),
        (Answer(status=200, body={"data": []}), "server-vectors"),
    ],
    ids=["full", "no server", "busy", "not finite", "too long", "no vector"],
)
def test_answers_of_a_lane(answer: Answer, expected: str) -> None:
    good = Answer(status=200, body={"data": [{"embedding": [0.6, 0.8]}]})
    reading = GatewayReading(
        declared=declared(modelDimensions=2), models=("m",), embedded={"queries": answer, "documents": good}
    )
    assert list(found(CHECKS, reading)) == [expected]
