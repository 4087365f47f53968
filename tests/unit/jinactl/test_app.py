"""How the command line ends: its exit codes, and where it says why."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from jinactl.__main__ import main
from jinactl.app import app, run
from tests.unit.project import PROJECT_DIRECTORY


def test_the_installation_puts_it_on_path() -> None:
    (found,) = entry_points(group="console_scripts", name="jinactl")
    assert found.load() is main


def test_a_command_that_fails_says_one_line_and_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["search", "--outputs", str(tmp_path / "none"), "words"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: The stack's outputs cannot be read")
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["search"], "Missing argument 'QUERY'"),
        (
            ["search", "--outputs", "x", "--size", "0", "words"],
            "'--size': Input should be greater than or equal to 1",
        ),
        (["search", "--outputs", "x", "--size", "10001", "words"], "should be less than or equal to 10000"),
        (["search", "--outputs", "x", "-s", "cpu", "words"], "leave one of them out"),
        (["backup", "--keep", "none"], "'--keep': Input should be a valid integer"),
        (["other"], "No such command 'other'"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands if not one.hidden],
)
def test_every_command_has_examples_and_answers_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"  jinactl {name}" in shown.split("Examples:")[1]
    assert "--stack" in shown
    assert "<int range>" not in shown
    assert "[[" not in shown


@pytest.mark.parametrize("name", ["backup", "status", "doctor"])
def test_a_command_on_all_indices_names_no_other_default(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([name, "--help"]) == 0
    assert "[default: (all of them)]" in capsys.readouterr().out


def test_the_help_shows_each_command_in_a_whole_sentence_and_the_exit_codes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "..." not in shown.partition("Commands:")[2]
    assert "Exit codes: 0 done" in shown


def test_a_command_starts_without_pulumi_which_takes_as_long_to_load_as_all_the_rest() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import sys, jinactl.app; sys.exit('pulumi' in sys.modules)"],
        cwd=PROJECT_DIRECTORY,
        check=False,
    )
    assert ran.returncode == 0
