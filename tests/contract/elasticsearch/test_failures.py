"""Errors as people see them: one clear line without secrets, and nothing left half done."""

import socket
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from components.elasticsearch.client.client import Client, ClusterPatience
from components.elasticsearch.errors import (
    CredentialsError,
    ElasticsearchError,
    IndexingError,
    LicenseError,
    UnavailableError,
    UnreachableError,
    ValidationError,
    VersionError,
)
from tests.contract.elasticsearch.faulty_proxy import faulty_proxy
from tests.contract.elasticsearch.people import CONTENTS, vectors
from tests.contract.elasticsearch.stack_resources import ALIAS, PROVIDERS, StackResources, Wanted
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

HASTE = ClusterPatience(limit=0.5, unreachable=0.2, first_pause=0.05)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"password": "hunter2"}, "user elastic.*elasticsearchPassword"),
        ({"user": "nobody", "password": "hunter2"}, "user nobody"),
        ({"user": "", "password": "", "api_key": "aHVudGVyMjpodW50ZXIy"}, "API key.*elasticsearchApiKey"),
        ({"user": "", "password": ""}, "without credentials"),
    ],
)
def test_wrong_credentials_are_named_and_never_shown(
    changes: dict[str, Any], told: str, wanted: Wanted, model: EmbeddingServer
) -> None:
    wanted.connection = replace(wanted.connection, **changes)
    with pytest.raises(CredentialsError, match=told) as raised:
        StackResources().up(wanted)
    for secret in filter(None, (wanted.connection.password, wanted.connection.api_key)):
        assert secret not in str(raised.value)
    assert model.texts == []


def test_a_basic_license_is_told_before_anything_is_made(wanted: Wanted, node: Node, client: Client) -> None:
    node.to_basic()
    with pytest.raises(LicenseError, match=r"basic.*elasticsearchStartTrial true"):
        StackResources().up(wanted)
    assert client.request("GET", "/*") == {}
    node.to_trial()
    StackResources().up(wanted)


def test_a_trial_is_started_when_told_to_and_once_only(wanted: Wanted, node: Node) -> None:
    node.to_basic()
    node.send("POST", "/_stand_in/forget_trial")
    StackResources().up(replace(wanted, start_trial=True))
    node.to_basic()
    with pytest.raises(LicenseError, match="one trial per major version"):
        StackResources().up(replace(wanted, start_trial=True))


def test_a_license_that_ends_between_is_told_by_the_endpoint_itself(
    wanted: Wanted, stack: StackResources, node: Node
) -> None:
    node.to_basic()
    with pytest.raises(LicenseError, match="license that includes inference"):
        stack.up(replace(wanted, embeddings_api_key="new"))


def test_a_cluster_that_is_busy_is_waited_for(wanted: Wanted, client: Client) -> None:
    with faulty_proxy(wanted.connection.url) as proxy:
        proxy.unavailable = 2
        StackResources().up(replace(wanted, connection=replace(wanted.connection, url=proxy.url)))
        assert proxy.requests[:3] == ["GET /", "GET /", "GET /"]
    assert sorted(vectors(client)) == sorted(CONTENTS)


def test_a_cluster_that_stays_busy_is_an_error_that_says_so(wanted: Wanted) -> None:
    with faulty_proxy(wanted.connection.url) as proxy:
        proxy.unavailable = 1000
        busy = replace(wanted.connection, url=proxy.url)
        with Client(busy, HASTE) as client, pytest.raises(UnavailableError, match="HTTP 503: no master yet"):
            client.request("GET", "/")
        assert len(proxy.requests) > 2


def test_a_node_that_restarts_meanwhile_is_waited_for(
    wanted: Wanted, stack: StackResources, node: Node, client: Client
) -> None:
    changed = replace(wanted, dims=32).inputs()
    PROVIDERS["pipeline"].update("id", stack.state["pipeline"], changed["pipeline"])
    node.kill()
    node.container.start()
    PROVIDERS["index"].update("id", stack.state["index"], changed["index"])
    node.wait_until_ready()
    assert {len(vector) for vector in vectors(client).values()} == {32}


def test_nothing_there_is_an_error_that_names_the_address(wanted: Wanted) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    nowhere = replace(wanted.connection, url=f"http://127.0.0.1:{port}")
    with Client(nowhere, HASTE) as client, pytest.raises(UnreachableError, match=f"127.0.0.1:{port}"):
        client.request("GET", "/")


def test_another_program_is_an_error_that_says_so(wanted: Wanted, model: EmbeddingServer) -> None:
    other = replace(wanted.connection, url=model.url.removesuffix("/v1/embeddings"))
    with Client(other, HASTE) as client, pytest.raises(ElasticsearchError) as raised:
        client.request("POST", "/", {})
    assert isinstance(raised.value, VersionError) or "File Not Found" in str(raised.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://host.docker.internal:1/v1/embeddings", "published on loopback"),
        ("http://localhost:1/v1/embeddings", "localhost is the container itself"),
        ("http://nowhere.invalid/v1/embeddings", "as seen from the node"),
        ("{url}/wrong", "end in /v1/embeddings"),
    ],
)
def test_a_server_that_the_node_does_not_reach_is_explained(
    url: str, told: str, wanted: Wanted, client: Client
) -> None:
    wanted.embeddings_url = url.format(url=wanted.embeddings_url)
    with pytest.raises(ValidationError, match=told) as raised:
        StackResources().up(wanted)
    assert urlsplit(wanted.embeddings_url).netloc in str(raised.value)
    assert client.request("GET", "/_inference")["endpoints"] == []


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [({"key": "another"}, "serverApiKey"), ({"width": 384}, r"from 1 to 384.*modelDimensions")],
)
def test_a_server_that_answers_wrongly_is_explained(
    behaviour: dict[str, Any], told: str, wanted: Wanted, model: EmbeddingServer
) -> None:
    for name, value in behaviour.items():
        setattr(model, name, value)
    with pytest.raises(ValidationError, match=told):
        StackResources().up(wanted)


def test_an_endpoint_in_use_survives_a_new_address_that_does_not_work(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    moved = replace(wanted, embeddings_url="http://nowhere.invalid/v1/embeddings")
    with pytest.raises(ValidationError):
        stack.up(moved)
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "still embedded"})
    assert stack.up(wanted) == []


def test_a_server_that_fails_while_documents_are_embedded_leaves_the_old_index_in_use(
    wanted: Wanted, stack: StackResources, model: EmbeddingServer, client: Client
) -> None:
    model.fail(400, 1000)
    with pytest.raises(IndexingError, match=r"could not be carried over.*in use as before"):
        stack.up(replace(wanted, quant="Q8_0", sha256="b" * 64))
    model.fail(400, 0)
    assert list(client.request("GET", f"/{ALIAS}")) == ["jina-demo-768-f16-59cfacee-1"]
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "writers are let in"})
    client.request("DELETE", f"/{ALIAS}/_doc/mine")
    stack.up(replace(wanted, quant="Q8_0", sha256="b" * 64))
    assert list(client.request("GET", "/*")) == ["jina-demo-768-q8_0-59cfacee-2"]
