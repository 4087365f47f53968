"""TLS and API keys, through a proxy that adds TLS to a node without it: what is trusted, and which errors appear."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch.client.client import Client, ClusterPatience
from components.elasticsearch.errors import CredentialsError, TlsError, UnreachableError
from tests.contract.elasticsearch.faulty_proxy import Certificate, faulty_proxy, make_certificate
from tests.contract.elasticsearch.people import CONTENTS, vectors
from tests.contract.elasticsearch.stack_resources import StackResources, Wanted
from tests.fixtures.elasticsearch_node import Node

pytestmark = pytest.mark.sandbox

HASTE = ClusterPatience(limit=0.5, unreachable=0.2, first_pause=0.05)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Make a certificate for 127.0.0.1 that signs itself."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("way", ["ca_certificate", "path", "fingerprint"])
def test_a_cluster_of_its_own_certificate_is_trusted_when_it_is_named(
    way: str, wanted: Wanted, certificate: Certificate
) -> None:
    """A state of 0.1.0 holds a path."""
    trusted = {
        "ca_certificate": {"ca_certificate": certificate.path.read_text()},
        "path": {"ca_certificate": str(certificate.path)},
        "fingerprint": {"fingerprint": certificate.fingerprint},
    }
    with faulty_proxy(wanted.connection.url, certificate) as proxy:
        named: dict[str, Any] = trusted[way]
        secure = replace(wanted.connection, url=proxy.url, **named)
        with Client(secure, HASTE) as client:
            assert client.request("GET", "/")["version"]["number"] == "9.5.3"


@pytest.mark.parametrize("fingerprint", ["", "ab" * 32])
def test_a_certificate_that_is_not_trusted_is_an_error_that_says_how_to_trust_it(
    fingerprint: str, wanted: Wanted, certificate: Certificate
) -> None:
    with faulty_proxy(wanted.connection.url, certificate) as proxy:
        secure = replace(wanted.connection, url=proxy.url, fingerprint=fingerprint)
        with Client(secure, HASTE) as client, pytest.raises(TlsError, match="elasticsearchCaCertificate"):
            client.request("GET", "/")
        assert proxy.requests == []


def test_tls_where_there_is_none_is_an_error_that_says_so(wanted: Wanted) -> None:
    secure = replace(wanted.connection, url=wanted.connection.url.replace("http:", "https:"))
    with Client(secure, HASTE) as client, pytest.raises(TlsError, match="https"):
        client.request("GET", "/")


@pytest.mark.parametrize(
    ("content", "told"),
    [("", "holds no certificate"), ("not PEM", "holds no certificate"), (None, "There is no CA certificate")],
)
def test_a_file_that_is_no_certificate_is_named(
    content: str | None, told: str, wanted: Wanted, certificate: Certificate, tmp_path: Path
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with faulty_proxy(wanted.connection.url, certificate) as proxy:
        secure = replace(wanted.connection, url=proxy.url, ca_certificate=str(path))
        with Client(secure, HASTE) as client, pytest.raises(TlsError, match=told) as raised:
            client.request("GET", "/")
    assert str(path) in str(raised.value)
    assert "elasticsearchCaCertificate" in str(raised.value)


def test_a_certificate_of_another_name_is_told(wanted: Wanted, certificate: Certificate) -> None:
    with faulty_proxy(wanted.connection.url, certificate) as proxy:
        elsewhere = proxy.url.replace("127.0.0.1", "localhost")
        secure = replace(wanted.connection, url=elsewhere, ca_certificate=str(certificate.path))
        with Client(secure, HASTE) as client, pytest.raises(TlsError, match="that its certificate is for"):
            client.request("GET", "/")


def test_another_fingerprint_is_told_with_both(wanted: Wanted, certificate: Certificate) -> None:
    with faulty_proxy(wanted.connection.url, certificate) as proxy:
        secure = replace(wanted.connection, url=proxy.url, fingerprint="ab" * 32)
        with (
            Client(secure, HASTE) as client,
            pytest.raises(TlsError, match="set elasticsearchFingerprint") as raised,
        ):
            client.request("GET", "/")
    assert certificate.fingerprint.replace(":", "").lower() in str(raised.value)


def test_no_tls_where_there_is_some_is_told(wanted: Wanted, certificate: Certificate) -> None:
    with faulty_proxy(wanted.connection.url, certificate) as proxy:
        plain = replace(wanted.connection, url=proxy.url.replace("https:", "http:"))
        with Client(plain, HASTE) as client, pytest.raises(UnreachableError, match="must begin with https"):
            client.request("GET", "/")


@pytest.mark.parametrize("trust", ["ca_certificate", "fingerprint"])
def test_trust_without_tls_is_told_before_any_request(trust: str, wanted: Wanted) -> None:
    trusted: dict[str, Any] = {trust: "ab" * 32}
    plain = replace(wanted.connection, **trusted)
    with Client(plain, HASTE) as client, pytest.raises(TlsError, match="correct elasticsearchUrl"):
        client.request("GET", "/")


def test_a_stack_lives_on_an_api_key_and_a_ca_certificate(
    wanted: Wanted, node: Node, certificate: Certificate, client: Client
) -> None:
    key = node.send("POST", "/_security/api_key", {"name": "stack"}).json()["encoded"]
    stack = StackResources()
    with faulty_proxy(wanted.connection.url, certificate) as proxy:
        wanted.connection = replace(
            wanted.connection,
            url=proxy.url,
            user="",
            password="",
            api_key=key,
            ca_certificate=certificate.path.read_text(),
        )
        stack.up(wanted)
        assert sorted(vectors(client)) == sorted(CONTENTS)
        assert stack.up(wanted) == []
        stack.destroy()
    assert client.find("/jina-demo") is None


def test_a_stack_of_0_1_0_whose_certificate_is_on_another_machine_is_destroyed_after_an_update(
    wanted: Wanted, certificate: Certificate, client: Client, tmp_path: Path
) -> None:
    """The state of 0.1.0 holds the certificate's path; an update replaces it by the certificate itself."""
    stack = StackResources()
    path = tmp_path / "ca.pem"
    path.write_text(certificate.path.read_text())
    with faulty_proxy(wanted.connection.url, certificate) as proxy:
        wanted.connection = replace(wanted.connection, url=proxy.url, ca_certificate=str(path))
        stack.up(wanted)
        path.unlink()
        with pytest.raises(TlsError, match="run `pulumi up`: from then on the stack keeps the certificate"):
            stack.destroy()
        wanted.connection = replace(wanted.connection, ca_certificate=certificate.path.read_text())
        stack.up(wanted)
        stack.destroy()
    assert client.find("/jina-demo") is None


@pytest.mark.parametrize("key", ["aGk6aGk=\n", "two words", "kl\u00fc"])
def test_what_cannot_be_an_api_key_is_told_without_showing_it(key: str, wanted: Wanted) -> None:
    keyed = replace(wanted.connection, user="", password="", api_key=key)
    with (
        Client(keyed, HASTE) as client,
        pytest.raises(CredentialsError, match="elasticsearchApiKey") as raised,
    ):
        client.request("GET", "/")
    assert key not in str(raised.value)


def test_an_api_key_that_was_taken_back_is_told(wanted: Wanted, node: Node) -> None:
    created = node.send("POST", "/_security/api_key", {"name": "stack"}).json()
    node.send("DELETE", "/_security/api_key", {"ids": [created["id"]]})
    wanted.connection = replace(wanted.connection, user="", password="", api_key=created["encoded"])
    with pytest.raises(CredentialsError, match=r"API key \(401\).*elasticsearchApiKey") as raised:
        StackResources().up(wanted)
    assert created["encoded"] not in str(raised.value)
