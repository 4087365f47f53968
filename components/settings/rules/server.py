"""Rules about the servers: address, sizes, limits and GPUs, each with its reason in the message."""

import ipaddress
import re

from components.settings.reader import SettingsReader
from components.settings.schema import ServerSettings, Settings

DEFAULT_GPUS = "all"
DEFAULT_GPU_LAYERS = 999
"""The defaults of serverGpus and serverGpuLayers, which mean nothing on cpu."""

DEFAULT_ONEDNN = "auto"
"""The default of serverOnednn, which means nothing on cuda."""

LEAST_CPUS = 0.01
"""Smallest limit that the Docker engine takes."""


def check_server(reader: SettingsReader, settings: Settings) -> None:
    """Note in `reader` every broken rule about the server."""
    _check_address(reader, settings.server)
    _check_api_key(reader, settings.server)
    _check_origins(reader, settings.server)
    _check_sizes(reader, settings)
    _check_cpus(reader, settings.server)
    if settings.device == "cuda":
        _check_gpus(reader, settings.server)
    else:
        _check_no_gpus(reader, settings.server)


def _check_address(reader: SettingsReader, server: ServerSettings) -> None:
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


def _check_api_key(reader: SettingsReader, server: ServerSettings) -> None:
    """Refuse a key that the server would read differently than its clients.

    llama-server takes a comma as the end of a key, quotation marks as delimiters, and a line that begins
    with # for a comment; HTTP headers carry ASCII, without the spaces at its ends (RFC 9110 5.5).
    """
    key = server.api_key
    ascii_only = re.fullmatch(r"[ -~]*", key.strip()) is not None
    cases = {
        "has a comma in it, which the server takes for the end of one key and the start of another": ","
        in key,
        "has quotation marks in it, which the server leaves out": '"' in key,
        "begins with #, which the server takes for a comment": key.startswith("#"),
        "begins or ends with a space or line end, which requests can't carry": key != key.strip(),
        "has characters in it that are not ASCII, which requests can't carry": not ascii_only,
    }
    wrong = "; it ".join(says for says, holds in cases.items() if holds)
    reader.require(
        not wrong,
        f"serverApiKey {wrong}. Set another one of letters, digits and dashes, such as `openssl rand -hex 32` prints: "
        "`pulumi config set --secret serverApiKey`.",
        "serverApiKey",
    )


def _check_origins(reader: SettingsReader, server: ServerSettings) -> None:
    """Refuse what no browser sends as an origin: that is a scheme, a host and perhaps a port, in lower case."""
    wrong = [one for one in server.cors_origins if not re.fullmatch(r"\*|https?://[^\sA-Z/,]+", one)]
    reader.require(
        not wrong,
        f"serverCorsOrigins has {', '.join(wrong)}: each must be an origin as browsers send it, such as "
        "https://app.example or http://localhost:3000, without a path; or * for every page.",
        "serverCorsOrigins",
    )


def _check_sizes(reader: SettingsReader, settings: Settings) -> None:
    server = settings.server
    reader.require(
        server.context_size <= settings.model.context_size,
        f"serverContextSize is {server.context_size} and modelContextSize {settings.model.context_size}: the model was "
        "trained for shorter texts, so the server would refuse longer ones. Lower serverContextSize; for another "
        "model set modelContextSize as its page says.",
        "serverContextSize",
        "modelContextSize",
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


def _check_cpus(reader: SettingsReader, server: ServerSettings) -> None:
    if not re.fullmatch(r"\d+(\.\d+)?", server.cpus):
        return
    limit = float(server.cpus)
    reader.require(
        limit >= LEAST_CPUS,
        f"serverCpus is {server.cpus}: the least is {LEAST_CPUS}; leave it empty to set no limit.",
    )
    for key, threads in (("serverThreads", server.threads), ("serverQueryThreads", server.query_threads)):
        reader.require(
            threads <= max(1, int(limit)),
            f"{key} is {threads} and serverCpus {server.cpus}: more threads than CPUs wait for each other "
            f"and make the server slower. Lower {key}, or set it to 0, which takes serverCpus.",
            key,
        )


def _check_gpus(reader: SettingsReader, server: ServerSettings) -> None:
    reader.require(
        server.gpu_layers > 0,
        "serverGpuLayers is 0 and device cuda: the model would run on the CPU. "
        "Set device to cpu, or take serverGpuLayers back to its default with `pulumi config rm serverGpuLayers`.",
        "serverGpuLayers",
        "device",
    )
    reader.require(
        server.onednn == DEFAULT_ONEDNN,
        f"serverOnednn is {server.onednn}, but device is cuda, where the GPU multiplies the matrices: set device to "
        "cpu, or take it back with `pulumi config rm serverOnednn`.",
        "serverOnednn",
        "device",
    )
    ids = server.gpus.split(",")
    reader.require(
        not (server.gpus.isdigit() and int(server.gpus) == 0),
        f"serverGpus is {server.gpus}, a count of GPUs, so the server would get none. To give it the first GPU alone, "
        "set its id, as `nvidia-smi -L` lists it; for no GPU set device to cpu.",
        "serverGpus",
        "device",
    )
    words = [one for one in ids if one in ("none", "void") or (one == "all" and len(ids) > 1)]
    reader.require(
        not words,
        f'serverGpus is "{server.gpus}": {", ".join(words)} is no id of a GPU. '
        "It must be all, a count, or ids separated by commas.",
        "serverGpus",
    )
    twice = sorted({one for one in ids if ids.count(one) > 1})
    reader.require(
        not twice, f"serverGpus has {', '.join(twice)} more than once: name each GPU once.", "serverGpus"
    )


def _check_no_gpus(reader: SettingsReader, server: ServerSettings) -> None:
    for key, value, default in (
        ("serverGpus", server.gpus, DEFAULT_GPUS),
        ("serverGpuLayers", server.gpu_layers, DEFAULT_GPU_LAYERS),
    ):
        reader.require(
            value == default,
            f"{key} is {value}, but device is cpu, where the server gets no GPU: set device to cuda, or take it back "
            f"with `pulumi config rm {key}`.",
            key,
            "device",
        )
