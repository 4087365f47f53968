"""The gateway's image and real servers: no request is lost while a lane moves and the server before is stopped."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from components.commands.embedding_check import run as prove
from components.server.container import PORT, STOPPED_AFTER
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import TINY
from sandbox.models.library import ensure_eurobert_model
from tests.contract.server.gatewaying import Gateway, gatewaying, published
from tests.contract.server.running import Server, running
from tests.fixtures.load import Load

pytestmark = pytest.mark.sandbox

SWITCHES = 4
LANES = ("documents", "queries")
PATHS = {"documents": "/document/v1/embeddings", "queries": "/query/v1/embeddings"}
PREFIXES = {"documents": "Document: ", "queries": "Query: "}
OF_THE_MODEL = {"modelDimensions": TINY.width, "dims": TINY.width}


@pytest.fixture
def gateway(gateway_image: str) -> Iterator[Gateway]:
    with gatewaying(gateway_image, **OF_THE_MODEL) as started:
        yield started


@contextmanager
def served(gateway: Gateway, server_image: str, model: Path, api_key: str = "") -> Iterator[Server]:
    """Start a server where the gateway finds it."""
    # In bfloat16 an embedding depends a little on what is embedded beside it, and here numbers are compared.
    with running(server_image, model, serverApiKey=api_key, serverOnednn="off") as server:
        gateway.network.connect(server.container)
        server.wait_for("healthy")
        try:
            yield server
        finally:
            gateway.network.disconnect(server.container, force=True)


@pytest.fixture(scope="module")
def model() -> Path:
    return ensure_eurobert_model(cache_root(), print, "F16", TINY)


def test_tells_clients_to_come_again_as_long_as_no_server_has_proved_itself(gateway: Gateway) -> None:
    through = Server(gateway.container, gateway.url)
    assert through.wait_for("healthy") == "healthy"
    for path in PATHS.values():
        refused = through.post(path, {"input": "a text"})
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize("lane", LANES)
def test_a_lane_embeds_what_its_server_embeds_with_the_prefix(
    gateway: Gateway, server_image: str, model: Path, lane: str
) -> None:
    with served(gateway, server_image, model) as server:
        gateway.use(server, lane)
        through = Server(gateway.container, gateway.url)
        answer = through.post(PATHS[lane], {"input": ["a text", "another"]})
        found = [row["embedding"] for row in answer.json()["data"]]
        expected = server.embeddings(f"{PREFIXES[lane]}a text", f"{PREFIXES[lane]}another")
        for one, other in zip(found, expected, strict=True):
            assert one == pytest.approx(other, abs=1e-6)
        large = through.post(PATHS[lane], {"input": "short", "user": "x" * 20_000_000})
        assert large.status_code == 200, large.text[:200]


@pytest.mark.parametrize("lane", LANES)
def test_no_request_fails_while_servers_are_replaced_under_load(
    gateway: Gateway, server_image: str, model: Path, lane: str
) -> None:
    with (
        served(gateway, server_image, model) as one_server,
        served(gateway, server_image, model) as other_server,
    ):
        gateway.use(one_server, lane)
        with Load(f"{gateway.url}{PATHS[lane]}", TINY.width, clients=4) as load:
            for old, new in [(one_server, other_server), (other_server, one_server)] * (SWITCHES // 2):
                gateway.use(new, lane)
                old.container.stop(timeout=STOPPED_AFTER)
                old.container.start()
                old.wait_for("healthy")
    assert load.failed == []
    assert load.answered > 100


def test_no_request_fails_when_there_is_one_lane_more_or_less(
    gateway: Gateway, server_image: str, model: Path
) -> None:
    with served(gateway, server_image, model) as documents, ExitStack() as loads:
        gateway.use(documents, *LANES)
        running_loads = [
            loads.enter_context(Load(f"{gateway.url}{path}", TINY.width, clients=2))
            for path in PATHS.values()
        ]
        for _ in range(SWITCHES // 2):
            with served(gateway, server_image, model) as queries:
                gateway.use(queries, "queries")
                gateway.use(documents, *LANES)
                queries.container.stop(timeout=STOPPED_AFTER)
    for load in running_loads:
        assert load.failed == []
        assert load.answered > 20


def test_goes_on_with_the_same_servers_when_it_is_started_again(
    gateway: Gateway, server_image: str, model: Path
) -> None:
    with served(gateway, server_image, model) as server:
        gateway.use(server, *LANES)
        gateway.container.restart()
        again = Server(gateway.container, published(gateway.container))
        again.wait_for("healthy")
        assert again.post(PATHS["queries"], {"input": "a text"}).status_code == 200
        assert requests.get(f"{again.url}/health", timeout=10).json()["lanes"] == dict.fromkeys(LANES, "ok")


def test_asks_its_clients_for_the_key_and_gives_it_to_the_servers(
    gateway_image: str, server_image: str, model: Path
) -> None:
    with (
        gatewaying(gateway_image, serverApiKey="hunter2", **OF_THE_MODEL) as gateway,
        served(gateway, server_image, model, "hunter2") as server,
    ):
        gateway.use(server, *LANES)
        through = Server(gateway.container, gateway.url)
        assert through.post(PATHS["queries"], {"input": "a text"}).status_code == 401
        check = replace(through.check(TINY.width, "hunter2"), model="jina-embeddings-v5-text-nano-retrieval")
        assert "of length 1" in prove(check, through.inspected, patience=30)


def test_more_clients_at_once_than_files_are_open_by_default_are_all_answered(gateway: Gateway) -> None:
    """The container is asked itself, since Docker's own proxy of the port has limits too."""
    Server(gateway.container, gateway.url).wait_for("healthy")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    clients = [socket.create_connection((gateway.address, PORT), timeout=30) for _ in range(1200)]
    try:
        for client in clients:
            client.sendall(b"GET /live HTTP/1.0\r\n")
        # All of them wait at the same time: none has sent the end of its request yet.
        for client in clients:
            client.sendall(b"\r\n")
        answers = [client.recv(15) for client in clients]
    finally:
        for client in clients:
            client.close()
    assert {answer.partition(b" ")[2] for answer in answers} == {b"200 OK"}
