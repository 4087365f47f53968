"""What people see and do on the search page, in a real browser."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from components.elasticsearch.errors import EmbeddingUnavailableError, FilterError
from jinactl.page.server import PageServer
from tests.contract.jinactl.page.conftest import SCRIPT
from tests.fixtures.search_page import SearchDouble

pytestmark = pytest.mark.sandbox

ALL = ("semantic", "text", "hybrid")
ALL_FOUND = "Results: semantic 3, text 3, hybrid 3."


def search_for(page: Page, words: str) -> None:
    page.get_by_label("What to look for").fill(words)
    page.get_by_label("What to look for").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Results:")


def test_a_search_shows_three_columns_and_lies_in_the_address(page: Page, search: SearchDouble) -> None:
    search_for(page, "pods & more")

    expect(page.get_by_role("status")).to_have_text(ALL_FOUND)
    assert {one.mode for one in search.asked} == set(ALL)
    columns = [page.locator(f"section[data-mode={mode}]") for mode in ALL]
    boxes = [column.bounding_box() for column in columns]
    assert len({round(box["y"]) for box in boxes if box}) == 1  # side by side
    expect(columns[0].locator("article").first).to_contain_text("1. doc-1")
    expect(columns[0].locator("article").first).to_contain_text("also in: text 3, hybrid 3")
    expect(columns[0].locator(".score").first).to_have_text("0.9000")
    expect(columns[0].locator(".told")).to_have_text("3 results; 12 ms to embed, 0 ms to search")
    expect(page.locator("mark", has_text="restarting")).to_have_count(3)
    expect(page.locator("header")).to_contain_text("m F16, 256 dims")

    search_for(page, "another")
    page.go_back()
    expect(page.get_by_label("What to look for")).to_have_value("pods & more")
    page.reload()
    expect(page.get_by_role("status")).to_have_text(ALL_FOUND)
    assert search.asked[-1].query == "pods & more"
    assert page.url.endswith("/?q=pods+%26+more&size=10")


def test_scripts_and_html_in_documents_are_shown_and_never_run(page: Page) -> None:
    search_for(page, "script")

    card = page.locator("section[data-mode=semantic] article").nth(1)
    card.locator("summary").click()
    expect(card.locator("mark")).to_have_text(SCRIPT)
    expect(card.locator("dd")).to_have_text(SCRIPT)
    assert page.locator("main script, main img").count() == 0
    assert page.title() == "script - Search"
    assert "onerror" in page.content()  # as text


def test_scripts_of_the_page_are_those_of_the_server_alone(chromium: Browser, server: PageServer) -> None:
    with chromium.new_page() as page:
        page.goto(server.access.printed_url)
        page.wait_for_url(server.access.address)
        ran = page.evaluate(
            """async () => {
                const refused = new Promise((done) => document.addEventListener(
                    "securitypolicyviolation", (event) => done(event.effectiveDirective)));
                const inline = document.createElement("script");
                try { inline.textContent = "window.ran = true"; } catch { return "refused"; }
                document.body.append(inline);
                return window.ran ? "ran" : await refused;
            }"""
        )
        assert ran != "ran"
        assert page.evaluate("document.cookie") == ""


def test_the_keyboard_alone_is_enough(page: Page, search: SearchDouble) -> None:
    def focused() -> str:
        return str(
            page.evaluate(
                "document.activeElement.getAttribute('aria-labelledby') ?? document.activeElement.id"
            )
        )

    press = page.keyboard.press
    expect(page.get_by_label("What to look for")).to_be_focused()
    page.keyboard.type("a/b")  # in the box a slash is a letter
    press("Enter")
    expect(page.get_by_role("status")).to_have_text(ALL_FOUND)
    assert search.asked[-1].query == "a/b"
    for key, where in [
        ("ArrowDown", "semantic-1"),
        ("ArrowDown", "semantic-2"),
        ("ArrowRight", "text-2"),
        ("ArrowRight", "hybrid-2"),
        ("ArrowRight", "hybrid-2"),
        ("ArrowDown", "hybrid-3"),
        ("ArrowDown", "hybrid-3"),
        ("ArrowLeft", "text-3"),
        ("Escape", "query"),
        ("ArrowDown", "semantic-1"),
    ]:
        press(key)
        assert focused() == where, key
    press("Enter")
    expect(page.locator("section[data-mode=semantic] details").first).to_have_attribute("open", "")
    press("ArrowUp")
    assert focused() == "query"

    page.get_by_role("button", name="Search").focus()
    press("/")
    assert focused() == "query"
    press("Tab")
    press("Tab")
    press("Tab")
    assert focused() == "filter"
    page.keyboard.type("year=2020")
    press("Enter")
    expect(page.get_by_role("button", name="Remove the filter year=2020")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text(ALL_FOUND)
    assert search.asked[-1].filters == ("year=2020",)
    press("Tab")
    press("Tab")
    press("Enter")
    expect(page.locator("#filters li")).to_have_count(0)
    assert focused() == "filter"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_is_out_of_reach_for_screen_readers_or_small_screens(
    page: Page, scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 700})
    page.get_by_label("Only documents with").fill("year=2020")
    page.get_by_role("button", name="Add filter").click()
    search_for(page, "pods")
    page.locator("summary").first.click()

    found = Axe().run(page)

    assert found.response["violations"] == [], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_another_index_of_the_stack_is_searched_and_lies_in_the_address(
    page: Page, search: SearchDouble
) -> None:
    choice = page.get_by_role("combobox", name="Index")
    expect(choice).to_be_hidden()
    search.indices = ("jina-demo", "tickets")
    page.reload()
    search_for(page, "pods")
    assert search.asked[-1].index == ""
    choice.select_option("tickets")
    expect(page.get_by_role("heading", level=1)).to_have_text("Search tickets")
    expect(page.get_by_role("status")).to_have_text(ALL_FOUND)
    page.reload()
    expect(choice).to_have_value("tickets")
    expect(page.get_by_role("status")).to_have_text(ALL_FOUND)
    assert search.asked[-1].index == "tickets"


def test_errors_are_told_in_words_each_in_its_column(page: Page, search: SearchDouble) -> None:
    search.errors = {
        "semantic": EmbeddingUnavailableError("The gateway does not answer."),
        "hybrid": FilterError("The documents have no field <b>."),
    }
    search_for(page, "pods")

    expect(page.get_by_role("status")).to_have_text("Results: semantic failed, text 3, hybrid failed.")
    expect(page.locator("section[data-mode=semantic] .fault")).to_have_text("The gateway does not answer.")
    expect(page.locator("section[data-mode=hybrid] .fault")).to_have_text("The documents have no field <b>.")


def test_a_page_whose_server_has_ended_says_how_to_start_it(page: Page) -> None:
    page.route("**/search", lambda route: route.abort("connectionrefused"))
    search_for(page, "pods")
    expect(page.locator("section[data-mode=text] .fault")).to_contain_text("start `jinactl open` again")


def test_a_browser_without_the_token_is_told_what_to_do(chromium: Browser, server: PageServer) -> None:
    with chromium.new_page() as page:
        answer = page.goto(server.access.address)
        assert answer is not None
        assert answer.status == 403
        expect(page.locator("main")).to_contain_text(re.compile("Run it again"))
