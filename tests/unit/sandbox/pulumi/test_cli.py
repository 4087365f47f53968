"""Which Pulumi CLI, Go and docker engine are taken, with programs that only pretend to be them."""

from pathlib import Path

import pytest

from sandbox.docker import engine
from sandbox.docker.engine import ensure_engine
from sandbox.errors import SandboxError
from sandbox.pulumi import cli, go_toolchain
from sandbox.pulumi.cli import ensure_cli
from sandbox.pulumi.go_toolchain import ensure_go, go_version


def quietly(line: str) -> None:
    """Take a progress line and show it nowhere."""
    del line


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on PATH, empty."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def write_program(file: Path, script: str) -> None:
    """Write a program that runs `script`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever wants to compile the CLI find that it cannot."""

    def refuse(cache: Path, say: object) -> Path:
        del cache, say
        raise SandboxError("compiling")

    monkeypatch.setattr(cli, "ensure_go", refuse)


def test_an_installed_cli_with_its_language_host_is_taken(programs: Path, tmp_path: Path) -> None:
    write_program(programs / "pulumi", "echo v3.300.0")
    write_program(programs / "pulumi-language-python", "")
    cli = ensure_cli(tmp_path / "cache", quietly)
    assert (cli.part.real, cli.path) == (True, ())
    assert cli.part.what == f"v3.300.0, installed as {programs}/pulumi"


def test_a_linked_cli_has_its_language_host_beside_its_binary(programs: Path, tmp_path: Path) -> None:
    write_program(tmp_path / "opt" / "pulumi", "echo v3.300.0")
    write_program(tmp_path / "opt" / "pulumi-language-python", "")
    (programs / "pulumi").symlink_to(tmp_path / "opt" / "pulumi")
    assert ensure_cli(tmp_path / "cache", quietly).path == ()


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("given", [[], ["pulumi"], ["pulumi-language-python"]])
def test_otherwise_it_is_compiled(programs: Path, tmp_path: Path, given: list[str]) -> None:
    for name in given:
        write_program(programs / name, "echo v3.300.0")
    with pytest.raises(SandboxError, match="compiling"):
        ensure_cli(tmp_path / "cache", quietly)


@pytest.mark.usefixtures("compiled")
def test_the_sandboxs_own_cli_on_path_is_no_installed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pulumi", "pulumi-language-python"):
        write_program(tmp_path / "cache" / "pulumi-0" / "bin" / name, "echo v3.259.0")
    monkeypatch.setenv("PATH", str(tmp_path / "cache" / "pulumi-0" / "bin"))
    with pytest.raises(SandboxError, match="compiling"):
        ensure_cli(tmp_path / "cache", quietly)


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("echo go1.26.8", (1, 26, 8)),
        ("echo go1.27rc1", (1, 27)),
        ("echo devel", (0,)),
        ("exit 1", (0,)),
    ],
)
def test_a_go_command_says_its_version(tmp_path: Path, says: str, expected: tuple[int, ...]) -> None:
    write_program(tmp_path / "go", says)
    assert go_version(tmp_path / "go") == expected


def test_a_go_command_that_is_not_there_has_no_version(tmp_path: Path) -> None:
    assert go_version(tmp_path / "go") == (0,)


@pytest.mark.parametrize(
    ("version", "taken"), [("go1.25.11", True), ("go1.30", True), ("go1.25.10", False), ("go1.9", False)]
)
def test_only_a_go_that_is_new_enough_is_taken(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, taken: bool
) -> None:
    def refuse(command: object, log: object) -> None:
        raise SandboxError(f"{command} {log}")

    monkeypatch.setattr(go_toolchain, "run", refuse)
    write_program(programs / "go", f"echo {version}")
    if taken:
        assert ensure_go(tmp_path, quietly) == programs / "go"
    else:
        with pytest.raises(SandboxError, match=f"{go_toolchain.PACKAGE}=={go_toolchain.VERSION}"):
            ensure_go(tmp_path, quietly)


def test_an_engine_that_docker_host_names_and_that_is_not_there_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(SandboxError, match=rf"No docker engine answers at unix://{tmp_path}/none\.sock"):
        ensure_engine(tmp_path, quietly)


def test_a_dockerd_that_ends_is_explained_by_its_last_lines(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setattr(engine, "as_root", list)
    write_program(programs / "dockerd", "echo failed to start daemon: iptables not found; exit 1")
    log = tmp_path / "dockerd.log"
    log.write_text("what an earlier one said\n")
    with pytest.raises(SandboxError) as failure:
        engine._start(log)
    assert "ended with exit code 1" in str(failure.value)
    assert "iptables not found" in str(failure.value)
    assert "an earlier one" not in str(failure.value)


def test_an_engine_that_refuses_this_user_is_told_from_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refused:
        """A client whose engine's socket this user may not open."""

        @staticmethod
        def from_env(timeout: float) -> "Refused":
            del timeout
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(engine, "DockerClient", Refused)
    with pytest.raises(SandboxError, match="usermod --append --groups docker"):
        ensure_engine(tmp_path, quietly)


@pytest.mark.parametrize("to_be_had", [True, False])
def test_a_docker_cli_that_cannot_build_gets_the_plugin_it_lacks(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to_be_had: bool
) -> None:
    write_program(programs / "docker", 'test "$1" = --version && echo Docker version 28.2.2')

    def install(log: Path, say: object, package: str) -> None:
        del log, say
        if not to_be_had:
            raise SandboxError(f"no package {package}")
        write_program(
            programs / "docker", 'test "$1" = --version && echo Docker version 28.2.2 || echo buildx v0.13'
        )

    monkeypatch.setattr(engine, "ensure_installed", install)
    if to_be_had:
        engine._ensure_build_cli(tmp_path / "log", quietly)
    else:
        with pytest.raises(SandboxError, match="No docker CLI here can build with BuildKit"):
            engine._ensure_build_cli(tmp_path / "log", quietly)
