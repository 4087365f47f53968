"""What people give to make reaches the programs as they wrote it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.project import PROJECT_DIRECTORY


def make(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make, with a program that only prints its arguments in Python's place."""
    installed = tmp_path / "installed"
    installed.touch()
    command = ["make", f"INSTALLED={installed}", r"PYTHON=printf '%s\n'", *arguments]
    # Under a `make` that runs the tests, this one would take itself for a part of it, and say so.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    return subprocess.run(
        command, cwd=PROJECT_DIRECTORY, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("query", ["costs $5 in $HOME", '`id` $(id) "q" it\'s', "--help", "a; b | c > d"])
def test_a_question_reaches_the_search_as_it_was_written(query: str, tmp_path: Path) -> None:
    asked = make(tmp_path, "search", f"QUERY={query}")

    assert asked.stdout.splitlines()[-2:] == ["--", query]


def test_a_search_without_a_question_says_how_to_ask_one(tmp_path: Path) -> None:
    asked = make(tmp_path, "search")

    assert asked.returncode != 0
    assert asked.stdout == ""
    assert 'make search QUERY="' in asked.stderr
