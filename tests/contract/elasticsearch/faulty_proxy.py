"""A proxy in front of a node that fails as networks and busy clusters do."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass
class FaultyProxy:
    """Forwards requests to `target`.

    The next `unavailable` requests get 503 instead; the answers to requests whose line contains `cut_after` are
    thrown away once, after the node has carried the request out. `requests` are the request lines.
    """

    target: str
    unavailable: int = 0
    cut_after: str = ""
    port: int = 0
    requests: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The proxy's address."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def faulty_proxy(target: str) -> Iterator[FaultyProxy]:
    """Run a proxy until the block ends."""
    proxy = FaultyProxy(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length) if length else None
            line = f"{self.command} {self.path}"
            proxy.requests.append(line)
            if proxy.unavailable:
                proxy.unavailable -= 1
                self.answer(503, [], b'{"error":{"type":"x","reason":"no master yet"},"status":503}')
                return
            parts = urlsplit(proxy.target)
            upstream = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
            upstream.request(self.command, self.path, body, dict(self.headers))
            found = upstream.getresponse()
            content = found.read()
            if proxy.cut_after and proxy.cut_after in line:
                proxy.cut_after = ""
                self.close_connection = True
                self.connection.close()
                return
            kept = [(key, value) for key, value in found.getheaders() if key.lower() not in HOP]
            self.answer(found.status, kept, content)

        def answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response(status)
            for key, value in headers:
                self.send_header(key, value)
            if not headers:
                self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward  # noqa: N815 (names of the base class)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            """Keep the requests out of the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        proxy.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield proxy
        finally:
            server.shutdown()
