"""A proxy in front of a node; it fails in the ways in which networks and busy clusters fail."""

import hashlib
import http.client
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
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
    scheme: str = "http"
    requests: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The proxy's address."""
        return f"{self.scheme}://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key in one PEM file, and its SHA-256 with colons."""

    path: Path
    fingerprint: str


def make_certificate(folder: Path) -> Certificate:
    """Make a self-signed certificate for 127.0.0.1."""
    key, path = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=es.test", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(path)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files]
    subprocess.run(command, check=True, capture_output=True)
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(path.read_text())).hexdigest().upper()
    path.write_text(path.read_text() + key.read_text())
    return Certificate(path, ":".join(digest[at : at + 2] for at in range(0, 64, 2)))


@contextmanager
def faulty_proxy(target: str, certificate: Certificate | None = None) -> Iterator[FaultyProxy]:
    """Run a proxy until the block ends; with a certificate, it speaks https."""
    proxy = FaultyProxy(target, scheme="https" if certificate else "http")

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
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.path)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        proxy.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield proxy
        finally:
            server.shutdown()
