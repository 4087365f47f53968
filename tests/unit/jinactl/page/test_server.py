"""The page's server over a real socket: who is let in, and what is refused, and how."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from components.elasticsearch.errors import EmbeddingUnavailableError, FilterError, IndexingError
from jinactl.page.server import FILES, HEADERS, PageServer
from jinactl.page.wanted import Wanted
from tests.fixtures.search_page import SearchDouble, hit, serving

SEARCH = {"index": "", "query": "killed", "mode": "semantic", "size": 2, "filters": ["year=2020"]}
JSON = "application/json"


@dataclass
class Asked:
    """An answer of the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Browser:
    """Sends requests as a browser does that was let in, except for what a test changes."""

    server: PageServer
    cookie: str = ""

    def send(self, method: str, path: str, body: bytes | None = None, **changed: str | None) -> Asked:
        host = f"127.0.0.1:{self.server.server_port}"
        headers = {"Host": host, "Cookie": self.cookie or None}
        if method == "POST":
            headers |= {"Content-Type": JSON, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        sent = {name: value for name, value in headers.items() if value is not None}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        asked = Asked(answer.status, dict(answer.headers), answer.read())
        connection.close()
        return asked

    def search(self, body: object = None, **changed: str | None) -> Asked:
        raw = body if isinstance(body, bytes) else json.dumps(SEARCH if body is None else body).encode()
        return self.send("POST", "/search", raw, **changed)

    def open(self, url: str) -> Asked:
        answer = self.send("GET", url.removeprefix(self.server.access.address.rstrip("/")))
        self.cookie = answer.headers.get("Set-Cookie", "").partition(";")[0]
        return answer


@pytest.fixture
def page() -> SearchDouble:
    return SearchDouble([hit(1, "a"), hit(2, "b"), hit(3, "c")])


@pytest.fixture
def browser(page: SearchDouble) -> Iterator[Browser]:
    """Return a browser that was let in."""
    with serving(page) as server:
        let_in = Browser(server)
        let_in.open(server.access.launch_url)
        yield let_in


def test_a_token_is_exchanged_for_a_cookie_that_scripts_and_other_sites_never_get(browser: Browser) -> None:
    answer = browser.open(browser.server.access.printed_url)
    assert answer.status == 200
    assert answer.headers["Set-Cookie"].endswith("; Path=/; HttpOnly; SameSite=Strict")
    assert browser.send("GET", "/").status == 200


def test_the_token_that_a_browser_is_started_with_works_once(browser: Browser) -> None:
    again = Browser(browser.server)
    assert again.open(browser.server.access.launch_url).status == 403
    assert again.cookie == ""
    assert again.open(browser.server.access.printed_url).status == 200


@pytest.mark.parametrize("path", [*FILES, "/about", "/search", "/else"])
def test_without_the_cookie_nothing_is_shown(browser: Browser, path: str) -> None:
    for cookie in (None, "jinactl-1=x", f"{browser.cookie}x", "\x00;=,"):
        assert browser.send("GET", path, Cookie=cookie).status == 403


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Cookie": None}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Host": "127.0.0.1.evil.example:80"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Length": None, "Transfer_Encoding": "chunked"}, 411),
        ({"Content_Length": "-1"}, 411),
        ({"Content_Length": str(10**9)}, 413),
    ],
    ids=str,
)
def test_a_search_that_does_not_come_from_the_page_is_refused(
    browser: Browser, page: SearchDouble, changed: dict[str, str | None], status: int
) -> None:
    answer = browser.search(**changed)
    assert (answer.status, answer.headers["Content-Type"]) == (status, JSON)
    assert answer.json["error"]
    assert page.asked == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ([], "must be an object with filters, index, mode, query, size"),
        ({**SEARCH, "more": 1}, "must be an object with"),
        ({**SEARCH, "query": " "}, "Type what to look for."),
        ({**SEARCH, "query": 1}, "Type what to look for."),
        ({**SEARCH, "query": "x" * 10_001}, "longer than 10,000"),
        ({**SEARCH, "mode": "exact"}, "mode must be semantic, text, hybrid"),
        ({**SEARCH, "mode": []}, "mode must be"),
        ({**SEARCH, "index": None}, "index must be a text"),
        ({**SEARCH, "size": True}, "from 1 to 100"),
        ({**SEARCH, "size": 101}, "from 1 to 100"),
        ({**SEARCH, "filters": "a=b"}, "at most 20"),
        ({**SEARCH, "filters": [1]}, "must be a text"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_no_search_is_refused_in_words(
    browser: Browser, page: SearchDouble, body: object, told: str
) -> None:
    answer = browser.search(body)
    assert (answer.status, told in answer.json["error"]) == (400, True), answer.body
    assert page.asked == []


def test_a_search_is_carried_out_as_it_was_asked_for(browser: Browser, page: SearchDouble) -> None:
    answer = browser.search({**SEARCH, "query": "half \ud800 pair"})
    assert (answer.status, [one["id"] for one in answer.json["hits"]]) == (200, ["doc-1", "doc-2"])
    assert answer.json["embedding_ms"] == 12.0
    assert page.asked == [Wanted(query="half ? pair", mode="semantic", size=2, filters=("year=2020",))]


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (FilterError("no such field"), 400, "no such field"),
        (EmbeddingUnavailableError("the gateway is away"), 503, "the gateway is away"),
        (IndexingError("no embeddings"), 502, "no embeddings"),
        (ZeroDivisionError("a secret"), 500, "jinactl has a fault (ZeroDivisionError)."),
    ],
)
def test_an_error_of_the_search_is_told_in_words(
    browser: Browser, page: SearchDouble, error: Exception, status: int, told: str
) -> None:
    page.errors = {"semantic": error}
    answer = browser.search()
    assert (answer.status, answer.json) == (status, {"error": told})
    assert browser.search({**SEARCH, "mode": "text"}).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/search", 405, "POST"),
        ("POST", "/about", 405, "GET"),
        ("POST", "/", 405, "GET"),
        ("DELETE", "/search", 405, "GET, POST"),
        ("OPTIONS", "/search", 405, "GET, POST"),
        ("GET", "/../server.py", 404, None),
        ("POST", "/else", 404, None),
    ],
)
def test_other_methods_and_paths_are_refused(
    browser: Browser, method: str, path: str, status: int, allowed: str | None
) -> None:
    answer = browser.send(method, path)
    assert (answer.status, answer.headers.get("Allow")) == (status, allowed)
    assert answer.json["error"]


@pytest.mark.parametrize("path", [*FILES, "/about", "/else"])
def test_every_answer_keeps_other_sites_and_scripts_out(browser: Browser, path: str) -> None:
    answer = browser.send("GET", path)
    assert answer.headers.items() >= HEADERS.items()
    assert not any(name.startswith("Access-Control") for name in answer.headers)
    assert "Python" not in answer.headers["Server"]


def test_a_person_without_the_cookie_is_told_so_on_a_page(browser: Browser) -> None:
    answer = browser.send("GET", "/", Cookie=None, Accept="text/html,*/*")
    assert (answer.status, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert b"Run it again." in answer.body


@pytest.mark.parametrize("raw", [b"noise\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"x" * 65_532])
def test_what_is_no_http_is_refused_and_the_server_goes_on(browser: Browser, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", browser.server.server_port), timeout=10) as connection:
        connection.sendall(raw)
        with connection.makefile("rb") as answer:
            assert b"not a request for the page" in answer.read()
    assert browser.send("GET", "/").status == 200


def test_the_server_listens_on_loopback_alone(browser: Browser) -> None:
    assert browser.server.socket.getsockname()[0] == "127.0.0.1"


def test_nothing_is_logged(browser: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    browser.open(browser.server.access.printed_url)
    browser.search(Host="evil.example")
    assert capfd.readouterr() == ("", "")
