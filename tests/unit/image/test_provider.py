"""SourceCommitProvider: what it decides, and when it asks the repository."""

from typing import Any

import pytest
from pulumi.output import UNKNOWN

from components.image.dynamic.source_commit import SCHEMA_VERSION, SourceCommitProvider
from tests.unit.declared import shown
from tests.unit.image.git_repository import Repository

COMMIT = "c" * 40
ABSENT = "file:///absent"
"""A repository that nobody can ask: who does not fail has not asked."""


def inputs(**changes: Any) -> dict[str, Any]:
    return {"repository": ABSENT, "ref": "main"} | changes


def outputs(**changes: Any) -> dict[str, Any]:
    found = {"commit": COMMIT, "upstream_commit": "", "schema_version": SCHEMA_VERSION}
    return inputs() | found | changes


@pytest.mark.parametrize(
    ("olds", "news", "changes"),
    [
        ({}, {}, False),
        ({"upstream_commit": "d" * 40}, {}, False),
        ({}, {"ref": "v1"}, True),
        ({}, {"ref": COMMIT}, True),
        ({}, {"repository": "file:///other"}, True),
        ({}, {"ref": UNKNOWN}, True),
        ({"schema_version": 0}, {}, True),
    ],
    ids=shown,
)
def test_another_ref_is_an_update_in_place_and_a_branch_that_moved_is_none(
    olds: dict[str, Any], news: dict[str, Any], changes: bool
) -> None:
    provider = SourceCommitProvider()
    assert not provider.check({}, inputs(**news)).failures
    result = provider.diff("id", outputs(**olds), inputs(**news))
    assert (result.changes, result.replaces or []) == (changes, [])


def test_a_new_one_is_asked_for_and_echoes_its_inputs(repository: Repository) -> None:
    created = SourceCommitProvider().create(inputs(repository=repository.url))
    assert created.id == repository.first
    assert created.outs == outputs(repository=repository.url, commit=repository.first)


def test_another_ref_is_asked_for_and_forgets_what_was_reported(repository: Repository) -> None:
    second = repository.commit("second")
    olds = outputs(repository=repository.url, ref="v1", commit=repository.first, upstream_commit="d" * 40)
    updated = SourceCommitProvider().update("id", olds, inputs(repository=repository.url))
    assert updated.outs == outputs(repository=repository.url, commit=second)


@pytest.mark.parametrize(
    ("olds", "news", "reported"),
    [
        ({"schema_version": 0, "upstream_commit": "d" * 40}, {}, "d" * 40),
        ({"upstream_commit": "d" * 40}, {"ref": COMMIT}, ""),
    ],
    ids=shown,
)
def test_the_commit_that_is_held_stays_without_asking(
    olds: dict[str, Any], news: dict[str, Any], reported: str
) -> None:
    updated = SourceCommitProvider().update("id", outputs(**olds), inputs(**news))
    assert updated.outs == outputs(**news, upstream_commit=reported)


def test_a_refresh_reports_a_branch_that_moved_and_takes_nothing(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    state = outputs(repository=repository.url, commit=repository.first)
    provider = SourceCommitProvider()
    assert provider.read("id", state).outs == state
    assert capsys.readouterr().out == ""

    second = repository.commit("second")
    read = provider.read("id", state)
    assert (read.id, read.outs) == ("id", state | {"upstream_commit": second})
    assert read.inputs == inputs(repository=repository.url)
    assert capsys.readouterr().out.count("\n") == 1


def test_a_refresh_of_a_commit_asks_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    state = outputs(ref=COMMIT)
    assert SourceCommitProvider().read("id", state).outs == state
    assert capsys.readouterr().out == ""
