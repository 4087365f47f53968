"""A proxy in front of a node that reports each writing request, and makes the requests fail that a test chooses."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}
READING = ("_refresh", "_flush", "_mget", "_search", "_count", "_pit", "_simulate", "_has_privileges")
"""How paths end of requests that are posted and change no document, index, alias or pipeline."""

BUSY = json.dumps(
    {
        "error": {
            "type": "es_rejected_execution_exception",
            "reason": "rejected execution of coordinating operation",
        },
        "status": 429,
    }
).encode()


def is_write(method: str, path: str) -> bool:
    """Tell whether a request changes anything that lasts beyond the request."""
    resource, _, query = path.partition("?")
    return method not in ("GET", "HEAD") and "dry_run=true" not in query and not resource.endswith(READING)


@dataclass
class WatchedNode:
    """A proxy that reports the requests which write: `writes` are their request lines, in order.

    `applied` is called with the number of each, from 1, when the node has carried it out and before the answer goes
    back; when it returns True the connection is cut instead. Requests whose number `busy` accepts are answered with
    429 once, and never reach the node; they are counted when they come again. Requests of several threads come in any
    order, so `refused` has them by their line and by how many of that line were carried out before.
    """

    target: str
    applied: Callable[[int], bool] = lambda _: False
    busy: Callable[[int], bool] = lambda _: False
    port: int = 0
    writes: list[str] = field(default_factory=list)
    refused: set[tuple[str, int]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def url(self) -> str:
        """The proxy's address."""
        return f"http://127.0.0.1:{self.port}"

    def reset(self) -> None:
        """Restart the count at 1, and stop disturbing requests."""
        with self.lock:
            self.writes, self.refused = [], set()
            self.applied = self.busy = lambda _: False

    def is_refused(self, line: str) -> bool:
        """Tell whether a writing request is to be refused; each is refused only once."""
        with self.lock:
            request = (line, self.writes.count(line))
            if request in self.refused or not self.busy(len(self.writes) + 1):
                return False
            self.refused.add(request)
            return True

    def note(self, line: str) -> int:
        """Count a writing request; return its number."""
        with self.lock:
            self.writes.append(line)
            return len(self.writes)


class _Handler(BaseHTTPRequestHandler):
    """Forwards one connection's requests over one connection to the node."""

    protocol_version = "HTTP/1.1"
    # Head and body are sent in one packet: two packets on a kept connection would wait 40 ms for each other.
    wbufsize = -1
    disable_nagle_algorithm = True
    watched: WatchedNode
    upstream: http.client.HTTPConnection | None = None

    def forward(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length) if length else None
        line, writes = f"{self.command} {self.path}", is_write(self.command, self.path)
        if writes and self.watched.is_refused(line):
            self.answer(429, [("Content-Type", "application/json")], BUSY)
            return
        try:
            found, content = self.exchange(body)
        except (http.client.HTTPException, OSError):
            # The node is gone, so the connection ends too.
            self.cut()
            return
        if writes and self.watched.applied(self.watched.note(line)):
            self.cut()
            return
        kept = [(key, value) for key, value in found.getheaders() if key.lower() not in HOP]
        self.answer(found.status, kept, content)

    def exchange(self, body: bytes | None) -> tuple[http.client.HTTPResponse, bytes]:
        if self.upstream is None:
            parts = urlsplit(self.watched.target)
            self.upstream = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        self.upstream.request(self.command, self.path, body, dict(self.headers))
        found = self.upstream.getresponse()
        return found, found.read()

    def cut(self) -> None:
        self.close_connection = True
        if self.upstream is not None:
            self.upstream.close()

    def answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward  # noqa: N815 (names of the base class)

    def finish(self) -> None:
        """Close both connections, also if the other side is already gone."""
        try:
            super().finish()
        except OSError:
            pass
        finally:
            self.cut()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Keep the requests out of the tests' output."""


@contextmanager
def watched_node(target: str) -> Iterator[WatchedNode]:
    """Run a proxy until the block ends."""
    watched = WatchedNode(target)
    handler = type("Handler", (_Handler,), {"watched": watched})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        watched.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield watched
        finally:
            server.shutdown()
