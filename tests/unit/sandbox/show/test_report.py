"""What the demo says at its end."""

import pytest

from sandbox.show.report import SHORT, changes_line, shortened


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"same": 25}, "Nothing changed: all 25 resources were as wanted."),
        ({"create": 25}, "25 created, 0 unchanged."),
        ({"same": 20, "update": 2, "replace": 1}, "2 updated, 1 replaced, 20 unchanged."),
        ({"same": 25, "update": 0}, "Nothing changed: all 25 resources were as wanted."),
    ],
)
def test_the_last_update_is_told_in_one_line(changes: dict[str, int], line: str) -> None:
    assert changes_line(changes) == line


def test_a_long_document_is_shown_by_its_beginning() -> None:
    shown = shortened("word " * 50)

    assert len(shown) <= SHORT
    assert shown.endswith("…")


def test_a_short_document_is_shown_whole() -> None:
    assert shortened("short") == "short"
