"""Serves a stand-in provider to the engine that starts it."""

import os
import sys
from collections.abc import Callable
from concurrent import futures
from pathlib import Path

import grpc

from sandbox.providers import schema
from sandbox.providers.engine_log import EngineLog
from sandbox.providers.protos import provider_pb2_grpc
from sandbox.providers.provider import Plugin, Provider

WORKERS = 32
ORPHAN_CHECK_SECONDS = 5.0
MESSAGE_LIMIT = 400 * 1024 * 1024
"""Bytes; Pulumi's own limit for gRPC messages between engine and plugins."""


def serve(make_plugin: Callable[[schema.Schema], Plugin], name: str) -> None:
    """Serve a provider until the engine that started it is gone: prints the port, as the protocol wants."""
    plugin = make_plugin(_schema(name))
    log = EngineLog()
    if len(sys.argv) > 1:
        log.connect(sys.argv[1])
    options = [
        ("grpc.max_receive_message_length", MESSAGE_LIMIT),
        ("grpc.max_send_message_length", MESSAGE_LIMIT),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(WORKERS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(plugin, log), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    parent = os.getppid()
    while server.wait_for_termination(ORPHAN_CHECK_SECONDS):
        if os.getppid() != parent:
            return


def _schema(name: str) -> schema.Schema:
    """Load the schema that `ensure_providers` wrote for this SDK, whose path is in the environment."""
    return schema.load(Path(os.environ[f"JINA_SEARCH_{name.upper()}_SCHEMA"]))
