"""Shows messages beside a resource in the CLI, by the engine's own service."""

import threading
from collections.abc import Callable
from typing import Any

import grpc

from sandbox.providers.protos import engine_pb2, engine_pb2_grpc

SEVERITIES = {
    "debug": engine_pb2.DEBUG,
    "info": engine_pb2.INFO,
    "warning": engine_pb2.WARNING,
    "error": engine_pb2.ERROR,
}
SECONDS = 5.0


class EngineLog:
    """The engine's log. A message that cannot be delivered is dropped: progress must never fail an update."""

    def __init__(self) -> None:
        self._address = ""
        self._stub: Any = None
        self._lock = threading.Lock()

    def connect(self, address: str) -> None:
        """Send messages to the engine at `address` (host:port); the connection is made with the first one."""
        with self._lock:
            self._address, self._stub = address, None

    def reporter(self, urn: str) -> Callable[[str, str, bool], None]:
        """Return the function that reports about the resource `urn`: severity, text, whether it is passing."""

        def report(severity: str, message: str, ephemeral: bool) -> None:
            stub = self._connected()
            if stub is None or not message.strip():
                return
            request = engine_pb2.LogRequest(
                severity=SEVERITIES[severity], message=message, urn=urn, ephemeral=ephemeral
            )
            try:
                stub.Log(request, timeout=SECONDS)
            except grpc.RpcError:
                return

        return report

    def _connected(self) -> Any:
        with self._lock:
            if self._stub is None and self._address:
                self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))
            return self._stub
