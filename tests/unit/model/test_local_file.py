"""The record beside a model file: what a place stands for, whatever became of the file."""

import hashlib
from pathlib import Path

import pytest

from components.model import local_file
from components.model.wanted import Content, WantedFile

OLD, NEW, OTHER = "a" * 40, "b" * 40, "c" * 40


def content(commit: str) -> Content:
    return Content(commit=commit, sha256=hashlib.sha256(commit.encode()).hexdigest())


@pytest.mark.parametrize(
    ("state", "record", "wanted", "held"),
    [
        (None, None, {}, None),
        (None, OLD, {}, OLD),
        (OLD, None, {}, OLD),
        (OLD, NEW, {}, OLD),
        (OLD, None, {"sha256": content(OLD).sha256}, OLD),
        (OLD, None, {"sha256": content(NEW).sha256}, None),
        (OLD, NEW, {"sha256": content(NEW).sha256}, NEW),
        (OLD, None, {"revision": OLD}, OLD),
        (OLD, None, {"revision": NEW}, None),
        (None, "main", {}, "main"),
    ],
    ids=str,
)
def test_the_state_comes_before_the_record_and_what_a_person_names_before_both(
    tmp_path: Path, state: str | None, record: str | None, wanted: dict[str, str], held: str | None
) -> None:
    path = tmp_path / "model.gguf"
    if record:
        local_file.hold(path, content(record))
    chosen = {"revision": "main", "sha256": ""} | wanted
    found = local_file.held_content(
        WantedFile(
            repository="o/n",
            file="model.gguf",
            path=path,
            held=content(state) if state else None,
            revision=chosen["revision"],
            sha256=chosen["sha256"],
        )
    )
    assert found == (content(held) if held else None)


def test_a_place_that_is_held_has_no_verified_file(tmp_path: Path) -> None:
    path = tmp_path / "folders" / "that are" / "missing" / "model.gguf"
    local_file.hold(path, content(OLD))
    assert local_file.recorded_content(path) == content(OLD)
    path.write_bytes(b"")
    assert local_file.recorded(path) is None


def test_a_folder_that_can_not_be_made_does_not_stop_a_refresh(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "model.gguf"
    local_file.hold(path, content(OLD))
    assert local_file.recorded_content(path) is None


@pytest.mark.parametrize("text", ["", "not JSON", "[]", '{"size": 1}'])
def test_a_damaged_record_says_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    local_file.record_path(path).write_text(text)
    assert (local_file.recorded(path), local_file.recorded_content(path)) == (None, None)


def test_a_file_that_proved_damaged_is_not_trusted_and_its_content_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    local_file.write_record(path, content(OLD).sha256, OLD)
    assert local_file.recorded(path) is not None
    assert not local_file.is_intact(path, content(OLD).sha256)
    assert local_file.recorded(path) is None
    assert local_file.recorded_content(path) == content(OLD)


def test_remove_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "owner" / "name" / "main" / "model.gguf"
    local_file.hold(path, content(OLD))
    for ending in (".abc.partial", ".verified.1.new", ".lock"):
        path.with_name(f"{path.name}{ending}").write_text("")
    local_file.remove(path)
    assert list(tmp_path.iterdir()) == []
