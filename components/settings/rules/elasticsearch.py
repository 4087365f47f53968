"""Rules about Elasticsearch: its credentials, its node's limits and its vector index."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from components.settings.elasticsearch import ElasticsearchSettings
from components.settings.reader import SettingsReader
from components.settings.schema import Settings

LEAST_PASSWORD = 6
"""Characters that Elasticsearch asks of a password."""

FEWEST_BINARY_DIMS = 64
"""Of an index with binary quantisation, by Elasticsearch's own rule."""


def check_elasticsearch(reader: SettingsReader, settings: Settings) -> None:
    """Note in `reader` every broken rule about Elasticsearch."""
    elasticsearch = settings.elasticsearch
    credentials = {
        "elasticsearchApiKey": elasticsearch.api_key,
        "elasticsearchUser": elasticsearch.user,
        "elasticsearchCaCertificate": elasticsearch.ca_certificate,
        "elasticsearchFingerprint": elasticsearch.fingerprint,
    }
    _check_ascii(reader, elasticsearch)
    if elasticsearch.managed:
        _check_own_node(reader, settings, credentials)
    else:
        _check_credentials(reader, elasticsearch)
    reader.require(
        not elasticsearch.embeddings_url or elasticsearch.embeddings_url.endswith("/v1/embeddings"),
        f"elasticsearchEmbeddingsUrl is {elasticsearch.embeddings_url}: it must end in /v1/embeddings, because the "
        "addresses that add the prefix of queries or documents are made from it.",
        "elasticsearchEmbeddingsUrl",
    )
    query_url = elasticsearch.query_embeddings_url
    reader.require(
        not query_url or query_url.endswith("/query/v1/embeddings"),
        f"elasticsearchQueryEmbeddingsUrl is {query_url}: it must end in /query/v1/embeddings, where the gateway adds "
        "the prefix of queries.",
        "elasticsearchQueryEmbeddingsUrl",
    )
    _check_vector_index(reader, settings)


def _check_own_node(reader: SettingsReader, settings: Settings, credentials: Mapping[str, str]) -> None:
    elasticsearch = settings.elasticsearch
    for key, value in credentials.items():
        reader.require(not value, f"{key} is set, but not elasticsearchUrl, whose credentials it is part of.")
    reader.require(
        len(elasticsearch.password) >= LEAST_PASSWORD or not elasticsearch.password,
        f"elasticsearchPassword has fewer than {LEAST_PASSWORD} characters, which Elasticsearch refuses.",
        "elasticsearchPassword",
    )
    reader.require(
        elasticsearch.port != settings.server.port,
        f"serverPort and elasticsearchPort are both {elasticsearch.port}: they must differ.",
        "serverPort",
        "elasticsearchPort",
    )
    reader.require(
        elasticsearch.memory >= 2 * elasticsearch.heap,
        f"elasticsearchMemory is {elasticsearch.memory} and elasticsearchHeap {elasticsearch.heap}: "
        "Elasticsearch uses as much memory again outside its heap, "
        "so the limit must be at least twice the heap.",
        "elasticsearchMemory",
        "elasticsearchHeap",
    )


def _check_credentials(reader: SettingsReader, elasticsearch: ElasticsearchSettings) -> None:
    reader.require(
        bool(elasticsearch.user) == bool(elasticsearch.password),
        "elasticsearchUser and elasticsearchPassword must be set together.",
    )
    reader.require(
        not (elasticsearch.api_key and elasticsearch.user),
        "elasticsearchApiKey and elasticsearchUser are both set: choose one of them.",
    )
    reader.require(
        not (elasticsearch.ca_certificate and elasticsearch.fingerprint),
        "elasticsearchCaCertificate and elasticsearchFingerprint are both set: choose one of them.",
    )
    reader.require(
        elasticsearch.url.startswith("https:")
        or not (elasticsearch.ca_certificate or elasticsearch.fingerprint),
        "elasticsearchCaCertificate or elasticsearchFingerprint is set, but elasticsearchUrl begins with http: "
        "without TLS there is no certificate. Should it begin with https?",
        "elasticsearchUrl",
        "elasticsearchFingerprint",
    )
    reader.require(
        "@" not in urlsplit(elasticsearch.url).netloc,
        "elasticsearchUrl has a user or password in it, which would be stored and shown in clear: "
        "set elasticsearchUser, and elasticsearchPassword with `pulumi config set --secret`.",
        "elasticsearchUrl",
    )
    reader.require(
        re.fullmatch(r"[!-~]*", elasticsearch.api_key) is not None,
        "elasticsearchApiKey has spaces, line ends or letters in it that no key has: set its encoded form again "
        "with `pulumi config set --secret elasticsearchApiKey`.",
        "elasticsearchApiKey",
    )


def _check_ascii(reader: SettingsReader, elasticsearch: ElasticsearchSettings) -> None:
    for key, value in (
        ("elasticsearchUser", elasticsearch.user),
        ("elasticsearchPassword", elasticsearch.password),
    ):
        reader.require(
            value.isascii(),
            f"{key} has characters in it that are not ASCII, which Elasticsearch's clients can't send: set another one "
            f"with `pulumi config set {'--secret ' if key.endswith('Password') else ''}{key}`.",
            key,
        )


def _check_vector_index(reader: SettingsReader, settings: Settings) -> None:
    options = settings.elasticsearch.index_options
    reader.require(
        not options.startswith("bbq") or settings.dims >= FEWEST_BINARY_DIMS,
        f"elasticsearchIndexOptions is {options} and dims {settings.dims}: "
        f"Elasticsearch allows binary quantisation from {FEWEST_BINARY_DIMS} dims on.",
        "dims",
    )
