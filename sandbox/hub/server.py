"""The stand-in's two servers: the Hub itself, and the storage that it sends clients to for large files."""

import secrets
import socket
import threading
from collections.abc import Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from sandbox.hub.answers import Answers
from sandbox.hub.handlers import HubHandler, Service, StorageHandler
from sandbox.hub.repository import Repository
from sandbox.machine.ports import LOOPBACK


class Hub:
    """A stand-in of the Hugging Face Hub, running from `start` to `stop`, or in a `with` block.

    As on the real Hub, bytes of large files come from another server, which refuses a token.
    Both are on loopback unless `address` is another one of this machine, and at any port unless told otherwise.
    `tokens` are those that count as valid; `asked` lists what was requested, and `faults` is for tests.
    """

    def __init__(
        self,
        repositories: Mapping[str, Repository],
        *,
        tokens: frozenset[str] = frozenset(),
        address: str = LOOPBACK,
        port: int = 0,
        storage_port: int = 0,
        health: Mapping[str, object] | None = None,
    ) -> None:
        self._address = address
        self._stored: dict[str, Path] = {}
        self._secret = secrets.token_urlsafe(12)
        self.answers = Answers(repositories, tokens, self._store)
        service = Service(self.answers, self._stored, health or {})
        self.faults, self.asked = service.faults, service.asked
        self._servers = [
            _Server((address, port), HubHandler, service),
            _Server((address, storage_port), StorageHandler, service),
        ]

    @property
    def endpoint(self) -> str:
        """The address for HF_ENDPOINT."""
        return f"http://{self._address}:{self._servers[0].server_port}"

    def start(self) -> None:
        """Serve from now on, in threads of this process."""
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Serve no more; connections that are open are cut."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
            server.cut_all()

    def __enter__(self) -> "Hub":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _store(self, sha256: str, path: Path) -> str:
        signed = f"/{self._secret}/{sha256}"
        self._stored[signed] = path
        return f"http://{self._address}:{self._servers[1].server_port}{signed}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], handler: type, service: Service) -> None:
        self.service = service
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self._open.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        """Close every connection that a client keeps."""
        for connection in list(self._open):
            super().shutdown_request(connection)
