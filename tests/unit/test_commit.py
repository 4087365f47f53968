"""A commit is known by its full name alone."""

import pytest

from components.commit import is_commit


@pytest.mark.parametrize(
    ("revision", "full"),
    [
        ("a" * 40, True),
        ("0" * 64, True),
        ("A" * 40, False),
        ("a" * 39, False),
        ("a" * 7, False),
        ("main", False),
        ("", False),
    ],
)
def test_a_commit_is_one_by_its_full_name_alone(revision: str, full: bool) -> None:
    assert is_commit(revision) is full
