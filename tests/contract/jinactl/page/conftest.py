"""Headless Chromium from Debian, and a search page with documents that try to break it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from components.elasticsearch.embedding.hits import Piece
from jinactl.page.server import PageServer
from sandbox.browser import ensure_browser
from sandbox.machine.cache import cache_root
from tests.fixtures.search_page import SearchDouble, hit, serving

SCRIPT = "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">"
LONG = "x" * 400


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_browser(cache_root(), print))
        yield browser
        browser.close()


@pytest.fixture
def search() -> SearchDouble:
    """Return a search that finds documents with HTML, a script, and words without a space to break a line at."""
    return SearchDouble(
        [
            hit(1, "pods keep ", Piece("restarting", matched=True), " & failing", year=2020, tags=["a", "b"]),
            hit(2, SCRIPT, Piece(SCRIPT, matched=True), title=SCRIPT),
            hit(3, LONG, url=LONG),
        ]
    )


@pytest.fixture
def server(search: SearchDouble) -> Iterator[PageServer]:
    with serving(search) as running:
        yield running


@pytest.fixture
def page(chromium: Browser, server: PageServer) -> Iterator[Page]:
    """Return the page as the browser shows it; whatever goes wrong in it fails the test."""
    faults: list[str] = []
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    opened = context.new_page()
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if is_fault(said) else None)
    opened.on(
        "request", lambda request: faults.append(request.url) if not ours(request.url, server) else None
    )
    opened.goto(server.access.launch_url)
    opened.wait_for_url(server.access.address)
    yield opened
    context.close()
    assert faults == []


def is_fault(said: ConsoleMessage) -> bool:
    """Tell whether the browser complains; that a search was answered with an error is for the page to say."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


def ours(url: str, server: PageServer) -> bool:
    """Tell whether a request goes to the page's own server."""
    return url.startswith(server.access.address)
