"""Stands between a client and a gateway, and records what each case sent and what it was answered."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

PASSED_ON = ("Authorization", "Content-Type")


@dataclass(frozen=True)
class Sent:
    """A request, and the status of its answer."""

    path: str
    body: dict[str, Any]
    status: int


@dataclass
class Recording:
    """What clients sent to `url`, by case: the first part of the path that they asked."""

    url: str = ""
    sent: dict[str, list[Sent]] = field(default_factory=dict)


@contextmanager
def recording(gateway: str, first: Mapping[str, str]) -> Iterator[Recording]:
    """Pass each request on to `gateway`; the first one of a case to the gateway of that name in `first`, if any."""
    found = Recording()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            case, _, path = self.path.removeprefix("/").partition("/")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
            sent = found.sent.setdefault(case, [])
            asked = gateway if sent else first.get(case, gateway)
            answer = requests.post(f"{asked}/{path}", data=body, headers=headers, timeout=60)
            sent.append(Sent(f"/{path}", json.loads(body), answer.status_code))
            self.send_response(answer.status_code)
            for name in ("Content-Type", "Retry-After", "Warning"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            """Keep the requests out of the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield found
        finally:
            server.shutdown()
