"""The first day with a stack: up, documents in, a search, a choice by numbers, other dims, a backup, and down.

All of it by the commands that the README gives, with a thousand of Debian's package descriptions.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.evidence.debian import Description, fetch, read
from sandbox.machine.cache import cache_root
from sandbox.preparation import Prepared
from sandbox.pulumi.stack import PROJECT_DIRECTORY, SandboxStack
from tests.e2e.conftest import containers, new_stack, remove_left_overs, volumes

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

NAME = "first-day"
DOCUMENTS, QUERIES = 1000, 10
LONGEST = 300
"""Characters of a description: short ones, since every one of them is embedded twice on a machine with other work."""

FOUND = 0.8
"""Of the short descriptions, the part that finds its long one among ten: what the demo's small model does, and less."""


@dataclass
class Day:
    """The stack, and the shell in which its commands are run."""

    stack: SandboxStack
    environment: dict[str, str]
    descriptions: dict[str, Description]
    folder: Path

    def jinactl(self, *arguments: str | Path, code: int = 0) -> str:
        """Run the command as a person does, who names the stack; return what it prints."""
        words = [sys.executable, "-m", "jinactl", arguments[0], "--stack", NAME, *arguments[1:]]
        done = subprocess.run(
            list(map(str, words)),
            cwd=PROJECT_DIRECTORY,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def asked(self, *arguments: str | Path) -> list[Any]:
        """Return the lines of JSON that a command prints."""
        return [json.loads(line) for line in self.jinactl(*arguments, "--json").splitlines()]

    def require_documents(self) -> None:
        """Fail unless every document is there once, beside the demo's ten."""
        (told,) = self.asked("status")
        generations = told["indices"]["jina-demo"]["generations"]
        assert [one["documents"] for one in generations if one["role"] == "live"] == [DOCUMENTS + 10]

    def require_found(self) -> None:
        """Fail unless short descriptions find their long ones."""
        queries = list(self.descriptions.items())[:QUERIES]
        found = [name in self._best(one.short) for name, one in queries]
        assert sum(found) / QUERIES >= FOUND

    def _best(self, query: str) -> set[str]:
        return {hit["_id"] for hit in self.asked("search", "--size", "10", query)}


@pytest.fixture(scope="module")
def day(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    folder = tmp_path_factory.mktemp("day")
    stack = new_stack(NAME, folder, prepared)
    environment = {**prepared.environment, "PULUMI_BACKEND_URL": stack.backend_url}
    found = read(fetch(cache_root(), "tests"), 4 * DOCUMENTS)["en"]
    short = [(name, one) for name, one in found.items() if len(one.long) <= LONGEST]
    assert len(short) >= DOCUMENTS
    yield Day(stack, environment, dict(short[:DOCUMENTS]), folder)
    remove_left_overs(NAME)


def test_the_stack_comes_up_and_is_well(day: Day) -> None:
    finished = day.stack.up(capture=True)
    assert finished.exit_code == 0, finished.output
    day.jinactl("status")
    day.jinactl("doctor")


def test_documents_go_in_once_however_often_they_are_given(day: Day) -> None:
    file = day.folder / "descriptions.ndjson"
    lines = [
        json.dumps({"_id": name, "content": one.long, "title": one.short})
        for name, one in day.descriptions.items()
    ]
    file.write_text("\n".join(lines))
    for _ in range(2):
        day.jinactl("ingest", file)
        day.require_documents()


def test_they_are_found_by_what_they_mean(day: Day) -> None:
    day.require_found()


def test_dims_are_compared_on_the_documents_themselves(day: Day) -> None:
    (told,) = day.asked("evaluate", "--documents", "150", "--queries", "50", "--dims", "256,768")
    assert {row["dims"] for row in told["rows"]} == {256, 768}
    assert told["recommended"]["dims"] in {256, 768}


def test_other_dims_keep_every_document(day: Day) -> None:
    day.stack.configure({"dims": 256})
    finished = day.stack.up(capture=True)
    assert finished.exit_code == 0, finished.output
    day.require_documents()
    day.require_found()
    day.jinactl("doctor")


def test_a_backup_is_taken_and_listed(day: Day) -> None:
    day.jinactl("backup")
    assert len(day.asked("backup", "--list")) == 1


def test_a_destroy_keeps_the_documents_until_it_is_told_otherwise(day: Day) -> None:
    assert day.stack.destroy(capture=True).exit_code != 0
    day.require_found()
    day.stack.configure({"elasticsearchDeleteData": "jina-demo", "elasticsearchDeleteBackups": "jina-demo"})
    assert day.stack.up(capture=True).exit_code == 0
    assert day.stack.destroy(capture=True).exit_code == 0
    assert containers(NAME) == volumes(NAME) == []
