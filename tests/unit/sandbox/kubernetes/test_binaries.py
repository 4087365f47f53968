"""What is compiled for a cluster, and what decides that it is compiled anew."""

import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.kubernetes import binaries
from sandbox.kubernetes.binaries import SOURCES, ensure_binaries, ensure_provider
from sandbox.pulumi.go_toolchain import MINIMUM
from tests.unit.sandbox.conftest import quietly


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever wants to compile find that it cannot."""

    def refuse(cache: Path, say: object) -> Path:
        del cache, say
        raise SandboxError("compiling")

    monkeypatch.setattr(binaries, "ensure_go", refuse)


def test_the_provider_is_of_the_release_of_its_sdk() -> None:
    assert version("pulumi_kubernetes") == binaries.PROVIDER_VERSION


def test_kubernetes_is_of_one_release_with_what_its_own_module_replaces_by_folders() -> None:
    required = re.findall(r"(k8s\.io/\S+) v\d+\.(\S+)", (SOURCES / "kubernetes" / "go.mod").read_text())
    assert len(required) > 20
    assert {release for _, release in required} == {binaries.VERSION.removeprefix("1.")}


@pytest.mark.parametrize("folder", sorted(SOURCES.iterdir()), ids=lambda folder: folder.name)
def test_every_program_is_a_module_that_the_oldest_accepted_go_takes(folder: Path) -> None:
    asked = re.search(r"^go (\d+)\.(\d+)\.(\d+)$", (folder / "go.mod").read_text(), re.MULTILINE)
    assert asked is not None
    assert tuple(map(int, asked.groups())) <= MINIMUM


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("ensure", [ensure_binaries, ensure_provider], ids=["cluster", "provider"])
def test_what_could_not_be_compiled_is_tried_again(
    tmp_path: Path, ensure: Callable[[Path, Say], object]
) -> None:
    for _ in range(2):
        with pytest.raises(SandboxError, match="compiling"):
            ensure(tmp_path, quietly)


def test_another_source_is_another_entry_of_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entries: list[str] = []

    def note(cache: Path, key: str, build: object) -> Path:
        del build
        entries.append(key)
        return cache

    monkeypatch.setattr(binaries, "entry", note)
    ensure_provider(tmp_path, quietly)
    changed = tmp_path / "go"
    (changed / "provider").mkdir(parents=True)
    (changed / "provider" / "main.go").write_text("package main")
    monkeypatch.setattr(binaries, "SOURCES", changed)
    ensure_provider(tmp_path, quietly)
    assert len(set(entries)) == 2
