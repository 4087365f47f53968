"""The memory of addresses that refused this machine."""

import time
from pathlib import Path

import pytest

from sandbox.machine.refusals import FILE, refused_lately, remember


def test_nothing_was_refused_before_anything_was_remembered(tmp_path: Path) -> None:
    assert not refused_lately(tmp_path / "new", "image a")


def test_a_refusal_is_remembered_for_its_key_alone(tmp_path: Path) -> None:
    remember(tmp_path / "new", "image a")
    remember(tmp_path / "new", "image b")
    assert refused_lately(tmp_path / "new", "image a")
    assert not refused_lately(tmp_path / "new", "image c")


@pytest.mark.parametrize(("hours", "lately"), [(23, True), (25, False)])
def test_a_refusal_is_forgotten_after_a_day(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hours: int, lately: bool
) -> None:
    remember(tmp_path, "image a")
    now = time.time() + hours * 3600
    monkeypatch.setattr(time, "time", lambda: now)
    assert refused_lately(tmp_path, "image a") is lately


@pytest.mark.parametrize("content", ["", "{", "[]", '{"image a": "soon"}', "null"])
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert not refused_lately(tmp_path, "image a")
    remember(tmp_path, "image a")
    assert refused_lately(tmp_path, "image a")
