"""The pages are written in the form in which this project writes prose."""

import pytest

from tests.unit.docs.pages import GENERATED, PAGES, prose

WIDTH = 120
README_LINES = 130


@pytest.mark.parametrize("page", PAGES)
def test_lines_wrap_at_120_except_in_tables(page: str) -> None:
    written = GENERATED.sub("", PAGES[page]).splitlines()

    assert [line for line in written if len(line) > WIDTH and not line.startswith("|")] == []


def test_the_readme_is_no_manual() -> None:
    assert len(PAGES["README.md"].splitlines()) <= README_LINES


@pytest.mark.parametrize("page", PAGES)
def test_one_word_is_written_one_way(page: str) -> None:
    """Elasticsearch's own word is license, in its settings, its messages and its documentation."""
    assert "licence" not in prose(GENERATED.sub("", PAGES[page])).lower()
