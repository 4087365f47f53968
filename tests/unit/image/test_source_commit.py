"""What is asked of a git repository, and what is said when it does not answer."""

import socket
import stat
import time
from pathlib import Path

import pytest

from components.image.errors import GitMissingError, NoSuchRefError, RepositoryUnreachableError, SourceError
from components.image.git import without_credentials
from components.image.source_commit import find_commit, upstream_commit
from tests.unit.image.git_repository import Repository


@pytest.mark.parametrize("ref", ["main", "heads/main", "refs/heads/main", "v1", "refs/tags/v1", "HEAD"])
def test_a_branch_or_a_tag_is_found_by_its_whole_name(repository: Repository, ref: str) -> None:
    assert find_commit(repository.url, ref) == repository.first


def test_a_tag_comes_before_a_branch_of_its_name_as_in_git(repository: Repository) -> None:
    repository.git("branch", "v1", repository.commit("second"))
    assert find_commit(repository.url, "v1") == repository.first


def test_nobody_is_asked_about_a_commit() -> None:
    assert find_commit("file:///absent", "c" * 40) == "c" * 40


def test_a_git_hook_of_another_repository_changes_nothing(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "other"))
    assert find_commit(repository.url, "main") == repository.first


@pytest.mark.parametrize("ref", ["absent", "abc1234", "mai*", "--all"])
def test_says_what_to_set_when_there_is_no_such_ref(repository: Repository, ref: str) -> None:
    with pytest.raises(NoSuchRefError) as caught:
        find_commit(repository.url, ref)
    assert f"{repository.url} has no branch, tag or commit {ref}." in str(caught.value)
    assert "Set llamaCppRef" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown", "why"),
    [
        ("file:///absent", "file:///absent", "does not appear to be a git repository"),
        ("http://me:s3cret@127.0.0.1:{port}/x.git", "http://127.0.0.1:{port}/x.git", "onnect"),
        ("git://127.0.0.1:{port}/x.git", "git://127.0.0.1:{port}/x.git", "unable to connect"),
    ],
)
def test_says_which_repository_cannot_be_read_and_why(url: str, shown: str, why: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(RepositoryUnreachableError) as caught:
        find_commit(url.format(port=port), "main")
    first, *_ = str(caught.value).splitlines()
    assert f"{shown.format(port=port)} can't be read: " in first
    assert why in first
    for way in ("git ls-remote", "llamaCppRepository", "imagePrebuilt"):
        assert way in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_gives_up_on_a_server_that_does_not_answer_and_leaves_no_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.git"
        begun = time.monotonic()
        with pytest.raises(RepositoryUnreachableError, match="did not answer within 1 s"):
            find_commit(url, "main", within=1.0)
        assert time.monotonic() - begun < 5
    processes = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists()]
    assert not [command for command in processes if url.encode() in command]


def test_says_that_git_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        GitMissingError, match=r"(?s)git is not installed.*apt-get install git.*imagePrebuilt"
    ):
        find_commit("file:///any", "main")


def test_says_that_a_login_would_be_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As GitHub does where a repository is private or absent: git may not ask, and fails."""
    program = tmp_path / "git"
    said = "fatal: could not read Username for 'https://example.org': terminal prompts disabled"
    program.write_text(f'#!/bin/sh\n[ $GIT_TERMINAL_PROMPT = 0 ] || exit 0\necho "{said}" >&2\nexit 128\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(RepositoryUnreachableError, match="it is not there, or not for everybody to read"):
        find_commit("https://example.org/x.git", "main")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("unable to access 'https://me:s3cret@host/x/'", "unable to access 'https://host/x/'"),
        ("https://token@host:1/a@b", "https://host:1/a@b"),
        (
            "can't read https://me:p@ss@host/x and https://me@host/y",
            "can't read https://host/x and https://host/y",
        ),
        ("unable to access 'https://me:it's@host/x/'", "unable to access 'https://host/x/'"),
        ("git@host:x/y.git", "git@host:x/y.git"),
    ],
)
def test_addresses_are_shown_without_credentials(text: str, shown: str) -> None:
    assert without_credentials(text) == shown


def test_a_branch_that_moved_is_told_in_one_line_with_the_command_that_takes_it(
    repository: Repository,
) -> None:
    held = repository.first
    said: list[str] = []
    assert upstream_commit(repository.url, "main", held, "", said.append) == ""
    assert said == []
    now = repository.commit("second")
    assert upstream_commit(repository.url, "main", held, "", said.append) == now
    (line,) = said
    assert f"main of {repository.url} is commit {now} now" in line
    assert held in line
    assert f"`pulumi config set llamaCppRef {now}`" in line


@pytest.mark.parametrize("before", ["", "d" * 40])
def test_a_refresh_without_the_repository_keeps_what_was_known_and_says_so(before: str) -> None:
    said: list[str] = []
    assert upstream_commit("file:///absent", "main", "c" * 40, before, said.append) == before
    (line,) = said
    assert line.startswith("llama.cpp: whether main of file:///absent has moved could not be found out: ")


def test_nobody_is_asked_whether_a_commit_moved() -> None:
    said: list[str] = []
    assert upstream_commit("file:///absent", "c" * 40, "c" * 40, "d" * 40, said.append) == ""
    assert said == []


def test_every_error_is_one_of_the_source() -> None:
    for error in (GitMissingError, NoSuchRefError, RepositoryUnreachableError):
        assert issubclass(error, SourceError)
