"""Draws docs/search-page.png, the search page with the demo's documents: `make pictures`.

It needs the demo's stack up, and the environment that `make demo-environment` prints.
"""

import argparse
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import ViewportSize, expect, sync_playwright

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.demo import DEMO_QUERIES
from jinactl.page.searching import IndexSearch
from jinactl.page.server import PageServer
from jinactl.stack import read_stack
from sandbox.browser import ensure_browser
from sandbox.machine.cache import cache_root

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "search-page.png"
SIZE = ViewportSize(width=1100, height=680)
"""In pixels: three columns side by side, with as many results as fit."""
RESULTS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the picture; return the exit code."""
    parser = argparse.ArgumentParser(
        description="Draws docs/search-page.png from a stack with the demo's documents."
    )
    parser.add_argument("--stack", default="", help="name of the stack (default: the selected one)")
    parser.add_argument("--outputs", default="", help="file with the stack's outputs instead")
    chosen = parser.parse_args(arguments)
    facts = read_stack(chosen.stack, chosen.outputs)
    with Client(facts.connection) as client, _serving(IndexSearch(client, facts)) as server:
        draw(server, PICTURE)
    return 0


def draw(server: PageServer, picture: Path) -> None:
    """Ask the demo's first question on a page, and write what the browser shows to the file `picture`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_browser(cache_root(), print))
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(server.access.launch_url)
        page.wait_for_url(server.access.address)
        page.get_by_label("Results each").select_option(str(RESULTS))
        query = page.get_by_label("What to look for")
        query.fill(DEMO_QUERIES[0].text)
        for _ in range(2):  # the first search of all takes longer than every other one
            query.press("Enter")
            expect(page.get_by_role("status")).to_contain_text("Results:")
        query.press("ArrowDown")
        page.screenshot(path=picture)
        browser.close()


@contextmanager
def _serving(search: IndexSearch) -> Iterator[PageServer]:
    with PageServer(search) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
