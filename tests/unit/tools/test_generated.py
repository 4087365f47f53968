"""What is made from the code says what the code says, and everything of it."""

import pytest

from tests.unit.project import PROJECT_DIRECTORY
from tools.generated import PARTS, Part
from tools.outputs_table import MEANINGS, outputs


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_page_has_the_generated_part_as_it_is_now(part: Part) -> None:
    page = (PROJECT_DIRECTORY / part.page).read_text()

    assert (page.count(part.begin), page.count(part.end)) == (1, 1)
    assert page == part.renewed(page), "run `make settings`"


def test_only_what_is_between_the_marks_is_made_again() -> None:
    part = Part("page", "numbers", "code", lambda: "1 2 3")

    assert part.renewed(f"before {part.begin} old {part.end} after") == (
        f"before {part.begin}\n1 2 3\n{part.end} after"
    )


def test_each_output_has_a_meaning_and_no_meaning_is_of_another() -> None:
    assert list(MEANINGS) == outputs((PROJECT_DIRECTORY / "__main__.py").read_text())
