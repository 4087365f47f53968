"""What is said of a license: how long it lasts, that it ends soon, and what to do when it is over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from components.elasticsearch.client.license import Remark, expiry_of, remark

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TWO_WAYS = r"Two ways out: .*elasticsearchEmbedding client.*install a license"


def after(**left: float) -> str:
    """Return a date so far from now."""
    return (NOW + timedelta(**left)).isoformat()


@pytest.mark.parametrize(
    ("expires", "needs_inference", "severity", "told"),
    [
        (after(days=30), True, "info", r"^The trial license of Elasticsearch lasts 30 more days, until 2026-12-26\.$"),
        (after(days=7, seconds=1), True, "info", "lasts 7 more days"),
        (after(days=7), True, "warning", f"lasts 7 more days, until 2026-12-03: .*will be refused.*{TWO_WAYS}"),
        (after(days=1.5), True, "warning", "lasts 1 more day, until"),
        (after(hours=3), True, "warning", "lasts less than a day, until 2026-11-26"),
        (after(), True, "warning", f"ended on 2026-11-26: every write to the index is refused.*{TWO_WAYS}"),
        (after(days=-400), True, "warning", "ended on 2025-10-22"),
        (after(days=7), False, "warning", r"will show neither its health.*POST /_license/start_basic"),
        (after(days=-1), False, "warning", r"ended on .* shows neither its health.*POST /_license/start_basic"),
    ],
)  # fmt: skip
def test_the_line_says_how_long_and_what_to_do(
    expires: str, needs_inference: bool, severity: str, told: str
) -> None:
    found = remark("trial", expires, NOW, needs_inference=needs_inference)
    assert isinstance(found, Remark)
    assert found.severity == severity
    with pytest.raises(AssertionError, match=told):
        raise AssertionError(found.text)
    assert "elasticsearchStartTrial" not in found.text


@pytest.mark.parametrize(
    ("expires", "needs_inference"), [("", True), (None, True), ("", False), (after(days=30), False)]
)
def test_nothing_is_said_of_a_license_without_an_end_nor_where_none_is_needed(
    expires: str | None, needs_inference: bool
) -> None:
    assert remark("basic", expires, NOW, needs_inference=needs_inference) is None


@pytest.mark.parametrize(
    ("millis", "expires"),
    [
        (1_767_225_600_123, "2026-01-01T00:00:00+00:00"),
        (1_767_225_600_000.0, "2026-01-01T00:00:00+00:00"),
        (None, ""),
        (0, ""),
        (9_223_372_036_854_775_807, ""),
        ("never", ""),
    ],
)
def test_the_end_is_a_date_and_never_is_none(millis: Any, expires: str) -> None:
    assert expiry_of(millis) == expires
