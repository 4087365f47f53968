"""Rules that tie one setting to another, each with its reason in the message."""

import ipaddress
import math
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from components.settings.model_rules import check_model
from components.settings.reader import SettingsReader
from components.settings.schema import ElasticsearchSettings, Settings

OWN_ARGUMENTS = {
    "LLAMA_ARG_MODEL": "modelFile and quant",
    "LLAMA_ARG_ALIAS": "modelName",
    "LLAMA_ARG_EMBEDDINGS": "this project (it must be on)",
    "LLAMA_ARG_POOLING": "modelPooling",
    "LLAMA_ARG_CTX_SIZE": "serverContextSize",
    "LLAMA_ARG_BATCH": "serverBatchSize",
    "LLAMA_ARG_UBATCH": "serverUbatchSize",
    "LLAMA_ARG_N_PARALLEL": "serverParallel",
    "LLAMA_ARG_KV_UNIFIED": "this project (it must be on)",
    "LLAMA_ARG_FLASH_ATTN": "serverFlashAttention",
    "LLAMA_ARG_THREADS": "serverThreads",
    "LLAMA_ARG_N_GPU_LAYERS": "serverGpuLayers",
    "LLAMA_ARG_HOST": "this project (see serverAddress)",
    "LLAMA_ARG_PORT": "this project (see serverPort)",
    "LLAMA_API_KEY": "serverApiKey",
}
"""Environment of llama-server that other settings decide."""

IGNORED_ARGUMENTS = {
    "LLAMA_ARG_BATCH_SIZE": "LLAMA_ARG_BATCH, set by serverBatchSize",
    "LLAMA_ARG_UBATCH_SIZE": "LLAMA_ARG_UBATCH, set by serverUbatchSize",
}
"""Names often seen that llama-server does not read."""


def check_rules(reader: SettingsReader, settings: Settings) -> None:
    """Note in `reader` every broken rule between settings."""
    check_model(reader, settings)
    _check_server(reader, settings)
    _check_extra_arguments(reader, settings.server.extra_arguments)
    _check_elasticsearch(reader, settings)
    _check_vector_index(reader, settings)


def _check_server(reader: SettingsReader, settings: Settings) -> None:
    server = settings.server
    try:
        loopback = ipaddress.ip_address(server.address).is_loopback
    except ValueError:
        reader.require(
            False, f'serverAddress is "{server.address}": it must be an IP address of this machine.'
        )
        loopback = True
    reader.require(
        loopback or bool(server.api_key),
        f"serverAddress is {server.address}, which other machines may reach: set serverApiKey too "
        "(`pulumi config set --secret serverApiKey`), or keep 127.0.0.1.",
        "serverAddress",
        "serverApiKey",
    )
    reader.require(
        server.ubatch_size >= server.context_size,
        f"serverUbatchSize is {server.ubatch_size} and serverContextSize {server.context_size}: a document "
        "must fit in one physical batch, so longer ones would be answered with HTTP 500. "
        "Raise serverUbatchSize or lower serverContextSize.",
        "serverUbatchSize",
        "serverContextSize",
    )
    reader.require(
        server.batch_size >= server.ubatch_size,
        f"serverBatchSize is {server.batch_size} and serverUbatchSize {server.ubatch_size}: "
        "the physical batch cannot be larger than the logical one.",
        "serverBatchSize",
        "serverUbatchSize",
    )
    if re.fullmatch(r"\d+(\.\d+)?", server.cpus):
        limit = float(server.cpus)
        reader.require(limit > 0, "serverCpus is 0: leave it empty to set no limit.")
        reader.require(
            server.threads <= math.ceil(limit),
            f"serverThreads is {server.threads} and serverCpus {server.cpus}: "
            "more threads than CPUs make the server slower.",
            "serverThreads",
        )


def _check_extra_arguments(reader: SettingsReader, arguments: tuple[str, ...]) -> None:
    for argument in arguments:
        name = argument.partition("=")[0]
        reader.require(
            re.fullmatch(r"LLAMA_ARG_[A-Z0-9_]+=.*", argument) is not None or name in OWN_ARGUMENTS,
            f'serverExtraArguments has "{argument}": each must be LLAMA_ARG_NAME=value.',
        )
        reader.require(
            name not in OWN_ARGUMENTS,
            f"serverExtraArguments has {name}: it is set by {OWN_ARGUMENTS.get(name)}.",
        )
        reader.require(
            name not in IGNORED_ARGUMENTS,
            f"serverExtraArguments has {name}: llama-server does not read it; "
            f"the name is {IGNORED_ARGUMENTS.get(name)}.",
        )


def _check_elasticsearch(reader: SettingsReader, settings: Settings) -> None:
    elasticsearch = settings.elasticsearch
    reader.require(
        elasticsearch.adopt in ("", elasticsearch.index),
        f'elasticsearchAdopt is "{elasticsearch.adopt}": to adopt an index made by hand it must be the name of the '
        f"index, {elasticsearch.index}.",
    )
    reader.require(
        elasticsearch.delete_data in ("", elasticsearch.index),
        f'elasticsearchDeleteData is "{elasticsearch.delete_data}": to allow the deletion of documents '
        f"it must be the name of the index, {elasticsearch.index}.",
    )
    credentials = {
        "elasticsearchApiKey": elasticsearch.api_key,
        "elasticsearchUser": elasticsearch.user,
        "elasticsearchPassword": elasticsearch.password,
        "elasticsearchCaCertificate": elasticsearch.ca_certificate,
        "elasticsearchFingerprint": elasticsearch.fingerprint,
    }
    if elasticsearch.managed:
        _check_own_node(reader, settings, credentials)
    else:
        _check_credentials(reader, elasticsearch)


def _check_own_node(reader: SettingsReader, settings: Settings, credentials: Mapping[str, str]) -> None:
    elasticsearch = settings.elasticsearch
    for key, value in credentials.items():
        reader.require(not value, f"{key} is set, but not elasticsearchUrl, whose credentials it is part of.")
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


def _check_vector_index(reader: SettingsReader, settings: Settings) -> None:
    options = settings.elasticsearch.index_options
    reader.require(
        not options.startswith("bbq") or settings.dims >= 64,  # noqa: PLR2004
        f"elasticsearchIndexOptions is {options} and dims {settings.dims}: "
        "Elasticsearch allows binary quantisation from 64 dims on.",
        "dims",
    )
