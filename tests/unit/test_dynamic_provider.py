"""StackProvider: what a person sees of an error in a dynamic provider."""

import traceback

import pulumi
import pytest
from pulumi.output import UNKNOWN

from components.dynamic_provider import StackProvider, is_unknown
from components.errors import StackError


class OneError(StackError):
    """An error of a part."""


@pytest.fixture(autouse=True)
def _configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traceback, "format_exc", traceback.format_exc)
    config = pulumi.dynamic.Config({}, "jina-search")
    StackProvider().configure(pulumi.dynamic.ConfigureRequest(config))


def fail(error: Exception) -> None:
    raise error


def reported(error: Exception) -> str:
    """Return what the host of dynamic providers reports of an error."""
    try:
        fail(error)
    except Exception:  # noqa: BLE001 (as the host does)
        return traceback.format_exc()
    return ""


def test_a_stack_error_is_reported_by_its_message_alone() -> None:
    assert reported(OneError("Model x is gone.\nSet modelFile.")) == "Model x is gone.\nSet modelFile."


def test_a_bug_is_reported_with_its_traceback() -> None:
    shown = reported(ValueError("bug"))
    assert shown.startswith("Traceback")
    assert shown.endswith("ValueError: bug\n")


@pytest.mark.parametrize(
    ("value", "unknown"),
    [
        (UNKNOWN, True),
        ({"a": [1, {"b": UNKNOWN}]}, True),
        ({"a": [1, {"b": "known"}]}, False),
        (None, False),
        ("", False),
    ],
)
def test_unknown_values_are_found_however_deep(value: object, unknown: bool) -> None:
    assert is_unknown(value) is unknown
