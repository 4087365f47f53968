"""ModelFileProvider: what it decides without a Hub."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi.output import UNKNOWN

from components.model.dynamic.model_file import INPUTS, SCHEMA_VERSION, ModelFileProvider
from components.model.local_file import recorded, recorded_content, write_record
from components.model.machine import this_machine
from components.model.wanted import Content
from tests.unit.declared import shown
from tests.unit.project import PROJECT_DIRECTORY

COMMIT = "c" * 40
SHA256 = hashlib.sha256(b"GGUF bytes").hexdigest()


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "repository": "owner/name",
        "revision": "main",
        "file": "model-F16.gguf",
        "directory": "models",
        "path": "/models/owner/name/main/model-F16.gguf",
        "expected_sha256": "",
        "keep_files": True,
    } | changes


def outputs(**changes: Any) -> dict[str, Any]:
    found = {"size": 10, "sha256": SHA256, "commit": COMMIT, "upstream_commit": ""}
    found |= {"schema_version": SCHEMA_VERSION, "machine": this_machine()}
    return inputs() | found | {"__provider": "text"} | changes


@pytest.mark.parametrize(
    ("news", "changes", "replaces"),
    [
        ({}, False, []),
        ({"expected_sha256": SHA256}, True, []),
        ({"keep_files": False}, True, []),
        ({"file": "model-Q8_0.gguf", "path": "/models/owner/name/main/model-Q8_0.gguf"}, True, ["path"]),
        ({"revision": "v1", "path": "/models/owner/name/v1/model-F16.gguf"}, True, ["path"]),
        ({"path": UNKNOWN}, True, ["path"]),
        ({"expected_sha256": UNKNOWN}, True, []),
    ],
    ids=shown,
)
def test_another_place_is_fetched_before_the_old_file_goes(
    tmp_path: Path, news: dict[str, Any], changes: bool, replaces: list[str]
) -> None:
    path = str(model_file(tmp_path))
    result = ModelFileProvider().diff("id", outputs(path=path), inputs(**{"path": path} | news))
    assert (result.changes, result.replaces, result.delete_before_replace) == (changes, replaces, False)


ELSEWHERE = "f" * 16
"""What another machine is called."""

CLONE = "/home/colleague/jina-search/models/owner/name/main/model-F16.gguf"
"""Where another checkout would have the file."""


@pytest.mark.parametrize("machine", [this_machine(), ELSEWHERE])
def test_the_path_of_another_checkout_changes_nothing(tmp_path: Path, machine: str) -> None:
    path = str(model_file(tmp_path))
    state = outputs(path=path if machine == this_machine() else "/somebody/elses/model.gguf", machine=machine)
    result = ModelFileProvider().diff("id", state, inputs(path=CLONE))
    assert (result.changes, result.replaces) == (False, [])


def test_a_checkout_that_moved_has_its_file_where_it_is_now(tmp_path: Path) -> None:
    state = outputs(path=str(tmp_path / "before" / "model.gguf"))
    result = ModelFileProvider().diff("id", state, inputs(path=CLONE))
    assert (result.changes, result.replaces) == (True, ["path"])


@pytest.mark.parametrize(
    ("news", "replaces"),
    [
        ({"directory": "/srv/models"}, ["path"]),
        ({"file": "model-Q8_0.gguf"}, ["path"]),
        ({"revision": "v1"}, ["path"]),
        ({"expected_sha256": "d" * 64}, ["path"]),
        ({"expected_sha256": SHA256}, []),
        ({"keep_files": False}, []),
    ],
    ids=shown,
)
def test_what_another_machine_has_is_fetched_here_only_for_another_content_or_place(
    news: dict[str, Any], replaces: list[str]
) -> None:
    state = outputs(machine=ELSEWHERE)
    result = ModelFileProvider().diff("id", state, inputs(path=CLONE, **news))
    assert (result.changes, result.replaces) == (True, replaces)


def test_settings_that_leave_the_content_alone_are_noted_where_the_file_is_not() -> None:
    state = outputs(machine=ELSEWHERE)
    pinned = inputs(path=CLONE, expected_sha256=SHA256)
    result = ModelFileProvider().update("id", state, pinned)
    assert result.outs == state | {"expected_sha256": SHA256}


def test_a_file_that_this_user_may_not_see_counts_as_there(tmp_path: Path, monkeypatch: Any) -> None:
    def forbidden(*_: Any, **__: Any) -> None:
        raise PermissionError

    state = outputs(path=str(model_file(tmp_path)))
    monkeypatch.setattr(Path, "stat", forbidden)
    assert ModelFileProvider().diff("id", state, inputs(path=CLONE)).changes is False


@pytest.mark.parametrize("without", ["directory", "machine"])
def test_a_state_of_before_is_brought_up_to_date_in_place(tmp_path: Path, without: str) -> None:
    path = str(model_file(tmp_path))
    state = outputs(path=path, schema_version=2)
    del state[without]
    result = ModelFileProvider().diff("id", state, inputs(path=path))
    assert (result.changes, result.replaces) == (True, [])
    assert ModelFileProvider().read(path, state | {"revision": COMMIT}).outs == state | {"revision": COMMIT}
    updated = ModelFileProvider().update("id", state, inputs(path=path)).outs or {}
    assert updated | {"__provider": "text"} == outputs(path=path)


def test_outputs_of_an_older_schema_are_written_anew(tmp_path: Path) -> None:
    path = str(model_file(tmp_path))
    result = ModelFileProvider().diff("id", outputs(path=path, schema_version=0), inputs(path=path))
    assert (result.changes, result.replaces) == (True, [])


def test_a_branch_that_moved_changes_nothing(tmp_path: Path) -> None:
    path = str(model_file(tmp_path))
    moved = outputs(path=path, upstream_commit="d" * 40)
    assert ModelFileProvider().diff("id", moved, inputs(path=path)).changes is False


PREVIEW = """
import sys
from components.model.dynamic.model_file import INPUTS, ModelFileProvider
inputs = dict.fromkeys(INPUTS, "main") | {"path": sys.argv[1], "expected_sha256": ""}
ModelFileProvider().check({}, inputs)
ModelFileProvider().diff(sys.argv[1], inputs, inputs)
ModelFileProvider().read(sys.argv[1], inputs | {"revision": "c" * 40, "commit": "c" * 40, "sha256": "d" * 64})
print("huggingface_hub" in sys.modules)
"""


def test_a_preview_does_not_import_the_library_of_the_hub(tmp_path: Path) -> None:
    """It takes long."""
    command = [sys.executable, "-c", PREVIEW, str(tmp_path / "model.gguf")]
    done = subprocess.run(command, cwd=PROJECT_DIRECTORY, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("content", [b"GGUF other", None])
def test_a_file_that_is_missing_or_was_written_to_is_mended_in_place(
    tmp_path: Path, content: bytes | None
) -> None:
    path = model_file(tmp_path)
    path.unlink()
    if content:
        path.write_bytes(content)
    result = ModelFileProvider().diff("id", outputs(path=str(path)), inputs(path=str(path)))
    assert (result.changes, result.replaces) == (True, [])


@pytest.mark.parametrize(
    ("news", "refused"),
    [
        ({}, []),
        ({"repository": "../.."}, ["repository"]),
        ({"revision": "a/../b"}, ["revision"]),
        ({"repository": UNKNOWN, "revision": UNKNOWN}, []),
    ],
    ids=shown,
)
def test_names_that_lead_out_of_the_directory_are_refused(news: dict[str, Any], refused: list[str]) -> None:
    given = inputs(**news)
    result = ModelFileProvider().check({}, given)
    assert [failure.property for failure in result.failures] == refused
    assert result.inputs == given


def model_file(tmp_path: Path, content: bytes = b"GGUF bytes") -> Path:
    path = tmp_path / "models" / "owner" / "name" / "main" / "model.gguf"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    write_record(path, SHA256, COMMIT)
    return path


def test_refresh_sees_an_intact_file_as_it_was(tmp_path: Path) -> None:
    path = model_file(tmp_path)
    state = outputs(path=str(path), revision=COMMIT)
    result = ModelFileProvider().read(str(path), state)
    assert (result.id, result.outs) == (str(path), state)
    assert result.inputs == {key: state[key] for key in INPUTS}


@pytest.mark.parametrize("content", [b"GGUF other", None])
def test_refresh_sees_a_changed_or_missing_file_as_gone(tmp_path: Path, content: bytes | None) -> None:
    path = model_file(tmp_path, content or b"")
    if content is None:
        path.unlink()
    result = ModelFileProvider().read(str(path), outputs(path=str(path)))
    assert (result.id, result.outs) == ("", {})
    assert recorded(path) is None
    assert recorded_content(path) == Content(commit=COMMIT, sha256=SHA256)


def test_refresh_takes_a_file_on_another_machine_to_be_there(capsys: Any) -> None:
    state = outputs(machine=ELSEWHERE, commit=COMMIT, revision=COMMIT)
    result = ModelFileProvider().read(str(state["path"]), state)
    assert (result.id, result.outs) == (state["path"], state)
    assert "is on another machine" in capsys.readouterr().out


def test_delete_leaves_the_file_of_another_machine_alone(tmp_path: Path, capsys: Any) -> None:
    path = model_file(tmp_path)
    ModelFileProvider().delete(str(path), outputs(path=str(path), keep_files=False, machine=ELSEWHERE))
    assert path.exists()
    assert "stays there" in capsys.readouterr().out


@pytest.mark.parametrize("keep", [True, False])
def test_delete_removes_the_file_only_when_files_are_not_kept(tmp_path: Path, keep: bool) -> None:
    path = model_file(tmp_path)
    ModelFileProvider().delete(str(path), outputs(path=str(path), keep_files=keep))
    assert path.exists() is keep
    assert (tmp_path / "models" / "owner").exists() is keep
    assert (tmp_path / "models").exists()


def test_delete_of_a_missing_file_succeeds(tmp_path: Path) -> None:
    ModelFileProvider().delete("id", outputs(path=str(tmp_path / "a" / "b.gguf"), keep_files=False))


def test_delete_leaves_other_files_alone(tmp_path: Path) -> None:
    path = model_file(tmp_path)
    other = path.with_name("other.gguf")
    other.write_bytes(b"GGUF")
    ModelFileProvider().delete(str(path), outputs(path=str(path), keep_files=False))
    assert [one.name for one in path.parent.iterdir()] == ["other.gguf"]
