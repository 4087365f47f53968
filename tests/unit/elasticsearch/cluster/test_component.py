"""The check of the cluster, as the program declares it: what it says of the license."""

from typing import Any

import pytest
from pulumi.runtime.mocks import MockResourceArgs

from tests.unit.declared import RecordingMocks
from tests.unit.elasticsearch.stack import DYNAMIC, stack


@pytest.mark.parametrize(
    ("expires", "level", "told"),
    [
        ("2026-01-31T00:00:00+00:00", "info", "lasts 30 more days"),
        ("2026-01-04T00:00:00+00:00", "warn", "lasts 3 more days"),
        ("2025-12-31T00:00:00+00:00", "warn", "ended on 2025-12-31"),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_every_update_and_preview_says_how_long_the_license_lasts(
    monkeypatch: pytest.MonkeyPatch, expires: str | None, level: str, told: str
) -> None:
    lines: list[tuple[str, str]] = []
    for name in ("info", "warn"):
        monkeypatch.setattr(f"pulumi.log.{name}", lambda text, _, name=name: lines.append((name, text)))
    made = RecordingMocks.new_resource

    def known(mocks: RecordingMocks, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        id_, outputs = made(mocks, args)
        if args.typ == f"{DYNAMIC}ClusterCheck":
            outputs |= {"licence": "trial", "licence_expires": expires}
        return id_, outputs

    monkeypatch.setattr(RecordingMocks, "new_resource", known)
    stack.__wrapped__()
    assert [name for name, _ in lines] == ([level] if level else [])
    assert all(told in text for _, text in lines)
