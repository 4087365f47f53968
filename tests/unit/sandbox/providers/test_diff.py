"""Differences of properties, as the CLI shows them."""

from typing import Any

import pytest

from sandbox.providers.diff import Change, changes
from sandbox.providers.values import UNKNOWN, Secret

ADD, DELETE, UPDATE = Change.ADD, Change.DELETE, Change.UPDATE


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2}, {"a": UPDATE}),
        ({}, {"a": 1}, {"a": ADD}),
        ({"a": 1}, {}, {"a": DELETE}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, {"a.c": UPDATE}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 3}}, {"a.c": ADD}),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, {"a[1].b": UPDATE}),
        ({"a": [1]}, {"a": [1, 2]}, {"a": UPDATE}),
        ({"a": True}, {"a": 1}, {"a": UPDATE}),
        ({"a": Secret("x")}, {"a": "x"}, {}),
        ({"a": Secret("x")}, {"a": Secret("y")}, {"a": UPDATE}),
        ({"a": "x"}, {"a": UNKNOWN}, {"a": UPDATE}),
        ({"a": ["x"]}, {"a": [UNKNOWN]}, {"a[0]": UPDATE}),
        ({"list": ["x", "y"]}, {"list": ["y", "x"]}, {"list[0]": UPDATE, "list[1]": UPDATE}),
        ({"ignored": {"b": 1}}, {"ignored": {"b": 2}}, {}),
    ],
)
def test_changes(old: dict[str, Any], new: dict[str, Any], expected: dict[str, Change]) -> None:
    assert changes(old, new, ignored=["ignored"]) == expected


def test_a_star_ignores_everything() -> None:
    assert changes({"a": 1}, {"a": 2}, ignored=["*"]) == {}
