"""Requests that nobody thought of: none is answered as a fault of the gateway, and none costs memory for good."""

import random
import socket
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.contract.gateway.conftest import Doubles, Lanes
from tests.contract.gateway.running import gateway, kibibytes

SILENT_SECONDS = 0.02
"""A request that is not whole gets no answer within this."""

GROWTH = 16_384
"""Kibibytes by which the allocator's own bookkeeping may differ."""

PIECES = [
    b"POST /query/v1/embeddings HTTP/1.1\r\n",
    b"POST /v1/embeddings HTTP/1.0\r\n",
    b"GET /metrics HTTP/1.1\r\n",
    b"Host: a\r\n",
    b"Content-Type: application/json\r\n",
    b"Content-Length: 14\r\n",
    b"Content-Length: -1\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: keep-alive, close\r\n",
    b"Authorization: Bearer \xff\r\n",
    b"\r\n",
    b'{"input": "a"}',
    b'e\r\n{"input": "a"}\r\n0\r\n\r\n',
    b"fffffffffffffffff\r\n",
    b"\x00\x01\x02",
]


@pytest.mark.parametrize("examples", [60, pytest.param(3_000, marks=pytest.mark.exhaustive)])
def test_answers_are_those_of_the_description(lanes: Lanes, examples: int) -> None:
    schema = schemathesis.openapi.from_url(f"{lanes.gateway.url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    cases = [
        operation.as_strategy(generation_mode=mode)
        for operation in operations
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        if mode == GenerationMode.POSITIVE or operation.body
    ]

    @given(strategies.one_of(cases))
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def hold(case: Case[Any]) -> None:
        answer = case.call()
        # That two fields must not name different roles is no part of the description.
        conflict = answer.status_code == 400 and answer.json()["error"]["code"] == "role_conflict"
        case.validate_response(answer, excluded_checks=[positive_data_acceptance] if conflict else [])

    hold()


@pytest.mark.parametrize("count", [1_000, pytest.param(100_000, marks=pytest.mark.exhaustive)])
def test_bytes_that_are_no_request_are_refused(lanes: Lanes, count: int) -> None:
    chance = random.Random(7)  # noqa: S311 (the same requests each time)
    host, port = lanes.gateway.url.removeprefix("http://").split(":")
    statuses: dict[bytes, int] = {}
    for _ in range(count):
        raw = bytearray(b"".join(chance.choices(PIECES, k=chance.randint(1, 9))))
        for _ in range(chance.randint(0, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(raw)
            client.settimeout(SILENT_SECONDS)
            try:
                status = client.recv(12)[9:12]
            except (ConnectionError, TimeoutError):
                status = b""
            statuses[status] = statuses.get(status, 0) + 1
    assert not [status for status in statuses if status.startswith(b"5")], statuses
    assert statuses[b"400"] > count / 10
    assert lanes.gateway.ask("/query/v1/embeddings", {"input": "a"}).ok


@pytest.mark.parametrize("rounds", [2, pytest.param(100, marks=pytest.mark.exhaustive)])
def test_memory_does_not_grow(doubles: Doubles, rounds: int) -> None:
    bodies: list[Any] = [{"input": ["word"] * 2048}, *[{"input": "a"}] * 100, *[{"input": [1]}] * 50]
    with gateway() as one:
        one.use("queries", doubles[0])

        def kibibytes_after() -> int:
            with requests.Session() as session:
                for body in bodies:
                    session.post(f"{one.url}/query/v1/embeddings", json=body, timeout=60)
            return kibibytes(one.process)

        kibibytes_after()
        before = kibibytes_after()
        assert max(kibibytes_after() for _ in range(rounds)) - before < GROWTH
