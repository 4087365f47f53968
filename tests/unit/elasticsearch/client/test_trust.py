"""Which certificates are trusted: the ones that are named, and no others."""

import ssl
from pathlib import Path

import certifi
import pytest

from components.elasticsearch.client.connection import Connection
from components.elasticsearch.client.trust import trusting
from components.elasticsearch.errors import TlsError
from tests.contract.elasticsearch.faulty_proxy import make_certificate


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls")).path


@pytest.mark.parametrize("as_path", [True, False])
def test_the_public_authorities_are_not_trusted_beside_the_one_that_is_named(
    path: Path, as_path: bool
) -> None:
    context = trusting(str(path) if as_path else path.read_text())
    context.load_verify_locations(certifi.where())  # as Elastic's client does
    assert [one["subject"] for one in context.get_ca_certs()] == [((("commonName", "es.test"),),)]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_certificate_in_the_state_needs_no_file(path: Path) -> None:
    with Connection(url="https://e.test:9200", ca_certificate=path.read_text()).open() as client:
        assert client.transport is not None


def test_the_path_of_another_machine_is_told_with_the_way_to_do_without() -> None:
    with pytest.raises(
        TlsError, match=r"no CA certificate at /home/a/ca\.pem.*`pulumi up`.*keeps the certificate"
    ):
        trusting("/home/a/ca.pem")


@pytest.mark.parametrize(
    "text",
    ["-----BEGIN PRIVATE KEY-----\nAAAA\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
)
def test_what_is_no_certificate_is_told_without_repeating_it(text: str) -> None:
    with pytest.raises(TlsError, match="holds no certificate: elasticsearchCaCertificate") as raised:
        trusting(text)
    assert "AAAA" not in str(raised.value)
