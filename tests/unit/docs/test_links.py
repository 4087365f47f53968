"""What the pages point to is there: pages, headings, files, names in the code, settings."""

import importlib
import re

import pytest

from tests.unit.docs.pages import PAGES, anchors, exists, prose, spans
from tests.unit.project import PROJECT_DIRECTORY, config_schema
from tools.outputs_table import MEANINGS as OUTPUTS

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ROOMS = ("components", "jinactl", "docker", "sandbox", "benchmarks", "tools", "tests", "docs", ".github")
SETTING = re.compile(r"\b(?:model|image|gatewayImage|server|elasticsearch|llamaCpp|kubernetes)[A-Z]\w*")


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_to_a_page_and_a_heading_that_are_there(page: str) -> None:
    folder = (PROJECT_DIRECTORY / page).parent
    relative = [link for link in LINK.findall(prose(PAGES[page])) if not re.match(r"https://|mailto:", link)]
    for link in relative:
        path, _, anchor = link.partition("#")
        target = (folder / path).resolve() if path else PROJECT_DIRECTORY / page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


@pytest.mark.parametrize("page", PAGES)
def test_each_path_and_name_of_the_code_is_there(page: str) -> None:
    rooms = "|".join(map(re.escape, ROOMS))
    for span in spans(PAGES[page]):
        if re.fullmatch(rf"(?:{rooms})/[\w./*-]+", span):
            assert exists(span), span
        if re.fullmatch(r"(?:components|jinactl)(?:\.\w+)+", span):
            module, _, name = span.rpartition(".")
            assert hasattr(importlib.import_module(module), name), span


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page != "CHANGELOG.md"]
)  # it tells of former names
def test_each_setting_that_is_named_is_one(page: str) -> None:
    named = {name for span in spans(PAGES[page]) for name in SETTING.findall(span)}

    assert named <= config_schema().keys() | OUTPUTS.keys()


def test_the_readme_leads_to_every_page() -> None:
    linked = set(LINK.findall(PAGES["README.md"]))

    assert set(PAGES) - {"README.md"} <= linked
