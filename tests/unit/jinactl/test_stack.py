"""Where a stack's outputs come from: a `pulumi` on PATH, a file, or standard input."""

import io
import json
from pathlib import Path

import pytest

from jinactl.errors import CommandError, UsageError
from jinactl.stack import PROJECT, read_stack
from tests.unit.jinactl.stack_outputs import OUTPUTS


def pulumi(folder: Path, prints: str, *, says: str = "", code: int = 0) -> None:
    """Put a `pulumi` into `folder` that keeps its arguments, and ends as told."""
    program = folder / "pulumi"
    (folder / "prints").write_text(prints)
    (folder / "says").write_text(says)
    program.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = version ] && {{ echo v3.272.0; exit; }}\n'
        f'printf "%s\\n" "$PWD" "$@" > {folder}/asked\n'
        f"cat {folder}/prints; cat {folder}/says >&2; exit {code}\n"
    )
    program.chmod(0o755)


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the one folder of PATH in which there may be a `pulumi`."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


@pytest.mark.parametrize(("stack", "asked"), [("", []), ("gpu", ["--stack", "gpu"])])
def test_pulumi_is_asked_once_in_the_projects_folder_and_selects_nothing(
    path: Path, stack: str, asked: list[str]
) -> None:
    pulumi(path, json.dumps(OUTPUTS))
    assert read_stack(stack).index == "jina-demo"
    called = (path / "asked").read_text().splitlines()
    assert called == [
        str(PROJECT), "--non-interactive", "stack", "output", "--json", "--show-secrets", *asked
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("error: no stack named 'gpu' found", "There is no stack gpu. `pulumi stack ls` in"),
        (
            "error: no stack selected; please use `pulumi stack select`",
            "No stack is selected. Name one: -s cpu",
        ),
        ("error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE", "set PULUMI_CONFIG_PASSPHRASE or"),
        ("error: incorrect passphrase", "set PULUMI_CONFIG_PASSPHRASE or"),
        ("error: PULUMI_ACCESS_TOKEN must be set for login", "run `pulumi login --local`"),
        ("error: the backend burns", "Pulumi did not tell the stack's outputs: error: the backend burns"),
    ],
)
def test_what_pulumi_refuses_is_told_with_what_to_do(path: Path, says: str, told: str) -> None:
    pulumi(path, "", says=says, code=255)
    with pytest.raises(CommandError) as raised:
        read_stack("gpu")
    assert told in str(raised.value)
    assert "stdout" not in str(raised.value)


def test_outputs_that_pulumi_printed_before_it_failed_are_not_told(path: Path) -> None:
    pulumi(path, json.dumps({"serverApiKey": "secret"}, indent=2), says="error: the disk is full", code=255)
    with pytest.raises(CommandError, match=r"outputs: error: the disk is full$"):
        read_stack("gpu")


def test_a_stack_that_is_not_up_is_told(path: Path) -> None:
    pulumi(path, "{}")
    with pytest.raises(CommandError, match="Stack gpu has no outputs: `pulumi up` brings it up first"):
        read_stack("gpu")


def test_a_pulumi_that_is_not_there_is_told() -> None:
    with pytest.raises(CommandError, match="`pulumi`, which knows where the stack is, is not on PATH"):
        read_stack("gpu")


def test_outputs_are_read_from_a_file_and_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outputs.json").write_text(json.dumps(OUTPUTS))
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(OUTPUTS)))
    assert read_stack(outputs=str(tmp_path / "outputs.json")) == read_stack(outputs="-")


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "cannot be read"), ("{", "is not JSON"), ("[]", "not an object"), ("", "is not JSON")],
)
def test_a_file_that_holds_no_outputs_is_told(content: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "outputs.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError, match=told):
        read_stack(outputs=str(path))


def test_a_stack_and_outputs_do_not_go_together() -> None:
    with pytest.raises(UsageError, match="leave one of them out"):
        read_stack("gpu", "outputs.json")
