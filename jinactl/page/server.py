"""The HTTP server of the page: a few files, one search, and a refusal in JSON for everything else."""

import json
import socketserver
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from components.elasticsearch.embedding.search import Answer
from components.elasticsearch.errors import (
    EmbeddingUnavailableError,
    FilterError,
    UnavailableError,
    UnreachableError,
)
from components.errors import StackError
from jinactl.page.access import ADDRESS, Access
from jinactl.page.searching import answer_as_json
from jinactl.page.wanted import Wanted, WantedError, read_wanted

LARGEST_BODY = 256 * 1024
ASSETS = Path(__file__).with_name("assets")
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/results.js": ("results.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
ABOUT, SEARCH = "/about", "/search"

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""Of every answer: only files of this server run in the page, nobody frames it, and nothing of it is kept."""

LET_IN = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><title>Search</title>'
    b'<meta http-equiv="refresh" content="0;url=/"><p>The page opens. <a href="/">Open it</a>'
)
"""Sent with the cookie: a redirect would not be given a strict cookie where a link on another page led here."""

REFUSED = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    "<title>Search</title><main><h1>Search</h1><p>{message}</main>"
)


class Page(Protocol):
    """What the server shows."""

    def __call__(self, wanted: Wanted) -> Answer:
        """Search; raise a StackError when there is no answer."""

    def about(self, index: str = "") -> Mapping[str, Any]:
        """Return what is searched; raise a StackError when there is nothing."""


class PageServer(ThreadingHTTPServer):
    """Serves the page on loopback at `port`, 0 for any free one. Raises OSError where the port is taken."""

    daemon_threads = True  # a search under way does not keep the program from ending

    def __init__(self, page: Page, port: int = 0) -> None:
        self.page = page
        super().__init__((ADDRESS, port), _Handler)
        self.access = Access(self.server_address[1])

    def server_bind(self) -> None:
        """Bind, without asking the network for this machine's name as the base class does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a browser that closes its connection is no fault."""


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    # It would hold back a short answer until the browser has confirmed its head.
    disable_nagle_algorithm = True
    server: PageServer
    _unread = 0

    def do_GET(self) -> None:
        self._carry_out(self._get)

    def do_POST(self) -> None:
        self._carry_out(self._post)

    def _carry_out(self, work: Any) -> None:
        self._unread = self._length() or 0
        try:
            self._require_name()
            work()
        except _RefusedError as refused:
            self._refuse(refused.status, str(refused))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except Exception as error:  # noqa: BLE001 (whatever the fault, the page is told of it in words)
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"jinactl has a fault ({type(error).__name__}).")

    def _get(self) -> None:
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query)
        token, index = (asked.get(name, [""])[0] for name in ("token", "index"))
        if parts.path == "/" and token:
            self._let_in(token)
            return
        self._require_session()
        if parts.path == ABOUT:
            self._send_json(HTTPStatus.OK, self._told(lambda: self.server.page.about(index)))
        elif parts.path in FILES:
            name, kind = FILES[parts.path]
            self._send(HTTPStatus.OK, (ASSETS / name).read_bytes(), kind)
        elif parts.path == SEARCH:
            self._not_allowed("POST")
        else:
            raise _RefusedError(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _post(self) -> None:
        host, origin, site = map(self.headers.get, ("Host", "Origin", "Sec-Fetch-Site"))
        if not self.server.access.is_from_page(host=host, origin=origin, site=site):
            raise _RefusedError(HTTPStatus.FORBIDDEN, "Only the page itself may search.")
        self._require_session()
        path = urlsplit(self.path).path
        if path in FILES or path == ABOUT:
            self._not_allowed("GET")
            return
        if path != SEARCH:
            raise _RefusedError(HTTPStatus.NOT_FOUND, "There is nothing here.")
        wanted = self._told(lambda: read_wanted(self._body()))
        self._send_json(HTTPStatus.OK, answer_as_json(self._told(lambda: self.server.page(wanted))))

    def _let_in(self, token: str) -> None:
        cookie = self.server.access.redeem(token)
        if not cookie:
            raise _RefusedError(
                HTTPStatus.FORBIDDEN,
                "This link is wrong or was used before. Run `jinactl open` again; --no-browser prints a link.",
            )
        self._send(HTTPStatus.OK, LET_IN, "text/html; charset=utf-8", {"Set-Cookie": cookie})

    def _require_name(self) -> None:
        if not self.server.access.is_page(self.headers.get("Host")):
            raise _RefusedError(HTTPStatus.MISDIRECTED_REQUEST, "There is nothing under this name here.")

    def _require_session(self) -> None:
        if not self.server.access.lets_in(self.headers.get("Cookie")):
            raise _RefusedError(
                HTTPStatus.FORBIDDEN, "This page is for the browser that `jinactl open` opened. Run it again."
            )

    def _body(self) -> bytes:
        if self.headers.get_content_type() != "application/json":
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "A search is sent as application/json.")
        length = self._length()
        if length is None:
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "A search is sent with its Content-Length.")
        if length > LARGEST_BODY:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The search is too long.")
        self._unread = 0
        return self.rfile.read(length)

    def _length(self) -> int | None:
        """Return the bytes of the body; None where that is not told."""
        told = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (told.isascii() and told.isdecimal()):
            return None
        return int(told)

    def _told(self, work: Any) -> Any:
        """Return what the work returns; refuse with its error's words where it raises one."""
        try:
            return work()
        except StackError as error:
            raise _RefusedError(_status(error), str(error)) from error

    def _not_allowed(self, method: str) -> None:
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, f"Only {method} is answered here.", {"Allow": method})

    def _refuse(self, status: HTTPStatus, message: str, more: Mapping[str, str] | None = None) -> None:
        self.close_connection = True
        if 0 < self._unread <= LARGEST_BODY:  # closing it unread would take the answer from the browser
            self.rfile.read(self._unread)
        headers = {"Connection": "close", **(more or {})}
        if "text/html" in getattr(self, "headers", {}).get("Accept", ""):  # somebody opened it in a browser
            shown = REFUSED.format(message=escape(message)).encode()
            self._send(status, shown, "text/html; charset=utf-8", headers)
        else:
            self._send_json(status, {"error": message}, headers)

    def _send_json(self, status: HTTPStatus, value: Any, more: Mapping[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", more)

    def _send(
        self, status: HTTPStatus, body: bytes, kind: str, more: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, **(more or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, *_said: str | None, **_more: str | None) -> None:
        """Refuse what the base class refuses, in JSON: a method that is not answered, or what is no HTTP."""
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        self._refuse(status, "This is not a request for the page.", {"Allow": "GET, POST"})

    def version_string(self) -> str:
        """Name the program without a version."""
        return "jinactl"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base class's)
        """Log nothing: addresses hold queries, and the first one a token."""


def _status(error: StackError) -> HTTPStatus:
    if isinstance(error, FilterError | WantedError):
        return HTTPStatus.BAD_REQUEST
    if isinstance(error, EmbeddingUnavailableError | UnavailableError | UnreachableError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.BAD_GATEWAY
