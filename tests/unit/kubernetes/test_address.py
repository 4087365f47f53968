"""Addresses of Services: written and read back, and taken for nothing else."""

import pytest

from components.kubernetes.address import ServiceAddress


@pytest.mark.parametrize(
    ("context", "url", "kubectl"),
    [
        ("", "kubectl://search/elasticsearch:9200", "kubectl --namespace search"),
        (
            "me@work/eu 1",
            "kubectl://me%40work%2Feu%201@search/elasticsearch:9200",
            "kubectl --context 'me@work/eu 1' --namespace search",
        ),
    ],
)
def test_an_address_is_read_as_it_was_written(context: str, url: str, kubectl: str) -> None:
    address = ServiceAddress(namespace="search", service="elasticsearch", port=9200, context=context)
    assert (address.url, address.kubectl) == (url, kubectl)
    assert ServiceAddress.from_url(url) == address


def test_the_path_of_a_request_is_no_part_of_the_service() -> None:
    read = ServiceAddress.from_url("kubectl://a@search/llama-server:8080/query/v1/embeddings")
    assert read == ServiceAddress(namespace="search", service="llama-server", port=8080, context="a")


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9200", "https://search/elasticsearch:9200"])
def test_other_addresses_name_no_service(url: str) -> None:
    assert ServiceAddress.from_url(url) is None
