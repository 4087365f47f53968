"""The proxy: no request is lost while it moves from one server to another and the one before is stopped."""

import resource
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from components.server.container import PORT, STOPPED_AFTER
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import TINY
from sandbox.models.library import ensure_eurobert_model
from tests.contract.server.proxying import Proxy, proxying, published
from tests.contract.server.running import Server, running
from tests.fixtures.load import Load

pytestmark = pytest.mark.sandbox

SWITCHES = 4


@pytest.fixture
def proxy(proxy_image: str) -> Iterator[Proxy]:
    with proxying(proxy_image) as started:
        yield started


@contextmanager
def served(
    proxy: Proxy, server_image: str, model: Path, changed: Mapping[str, str | None] | None = None
) -> Iterator[Server]:
    """Start a server where the proxy finds it; `changed` is as in `running`."""
    with running(server_image, model, changed) as server:
        proxy.network.connect(server.container)
        server.wait_for("healthy")
        try:
            yield server
        finally:
            proxy.network.disconnect(server.container, force=True)


@pytest.fixture(scope="module")
def model() -> Path:
    return ensure_eurobert_model(cache_root(), print, "F16", TINY)


def test_answers_503_as_long_as_no_server_has_proved_itself(proxy: Proxy) -> None:
    assert Server(proxy.container, proxy.url).wait_for("healthy") == "healthy"
    assert requests.get(f"{proxy.url}/health", timeout=10).status_code == 503


def test_passes_on_answers_errors_and_large_requests(proxy: Proxy, server_image: str, model: Path) -> None:
    with served(proxy, server_image, model) as server:
        proxy.use(server)
        through = Server(proxy.container, proxy.url)
        assert through.embeddings("a text") == server.embeddings("a text")
        assert through.post("/v1/embeddings", {"model": "no input"}).status_code == 400
        large = through.post("/v1/embeddings", {"input": "short", "ignored": "x" * 20_000_000})
        assert large.status_code == 200, large.text[:200]


def test_no_request_fails_while_servers_are_replaced_under_load(
    proxy: Proxy, server_image: str, model: Path
) -> None:
    with served(proxy, server_image, model) as one_server, served(proxy, server_image, model) as other_server:
        proxy.use(one_server)
        with Load(f"{proxy.url}/v1/embeddings", TINY.width, clients=4) as load:
            for old, new in [(one_server, other_server), (other_server, one_server)] * (SWITCHES // 2):
                proxy.use(new)
                old.container.stop(timeout=STOPPED_AFTER)
                old.container.start()
                old.wait_for("healthy")
    assert load.failed == []
    assert load.answered > 100


def test_goes_on_with_the_same_server_when_it_is_started_again(
    proxy: Proxy, server_image: str, model: Path
) -> None:
    with served(proxy, server_image, model) as server:
        proxy.use(server)
        proxy.container.restart()
        again = Server(proxy.container, published(proxy.container))
        again.wait_for("healthy")
        assert again.embeddings("a text")


def test_lets_no_page_of_another_origin_read_the_answers_of_a_server_that_would(
    proxy: Proxy, server_image: str, model: Path
) -> None:
    """As builds do that know no variables about it."""
    open_to_all = dict.fromkeys(("LLAMA_ARG_CORS_ORIGINS", "LLAMA_ARG_CORS_CREDENTIALS"))
    page = {"Origin": "http://page.test", "Access-Control-Request-Method": "POST"}
    with served(proxy, server_image, model, open_to_all) as server:
        proxy.use(server)
        for method, path in [("GET", "/health"), ("OPTIONS", "/v1/embeddings"), ("POST", "/v1/embeddings")]:
            told = [
                [name for name in answer.headers if name.lower().startswith("access-control-")]
                for answer in (
                    requests.request(method, f"{url}{path}", json={"input": "a"}, headers=page, timeout=10)
                    for url in (server.url, proxy.url)
                )
            ]
            assert told[0], "the server does not grant it any more: is there something left to close?"
            assert told[1] == []


def test_more_clients_at_once_than_it_had_connections_by_default_are_all_answered(proxy: Proxy) -> None:
    """Debian's nginx has 768; the container is asked itself, since Docker's own proxy of the port has limits too."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    clients = [socket.create_connection((proxy.address, PORT), timeout=30) for _ in range(800)]
    try:
        for client in clients:
            client.sendall(b"GET /proxy/health HTTP/1.0\r\n")
        # All of them wait at the same time: none has sent the end of its request yet.
        for client in clients:
            client.sendall(b"\r\n")
        answers = [client.recv(15) for client in clients]
    finally:
        for client in clients:
            client.close()
    assert set(answers) == {b"HTTP/1.1 200 OK"}
