"""Which docker engine is taken, and what is said where there is none, with programs that only pretend to be one."""

from pathlib import Path

import pytest

from sandbox.docker import engine
from sandbox.docker.engine import ensure_engine
from sandbox.errors import SandboxError
from tests.unit.sandbox.conftest import quietly, write_program


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
