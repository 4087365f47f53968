"""The choice of a docker CLI that can build with BuildKit."""

from pathlib import Path

import pytest

from sandbox.docker.cli import buildkit_cli
from sandbox.errors import SandboxError
from tests.unit.sandbox.conftest import write_program


def write_cli(folder: Path, version: str, *, buildx: bool) -> Path:
    """Write a double of the docker CLI of that version into `folder`."""
    cli = folder / "docker"
    plugin = "echo github.com/docker/buildx v0.20" if buildx else "exit 1"
    write_program(
        cli, f'case "$1" in --version) echo "Docker version {version}, build x";; *) {plugin};; esac'
    )
    return cli


@pytest.mark.parametrize(
    ("version", "buildx", "accepted"),
    [
        ("20.10.24+dfsg1", False, True),
        ("22.1.0", False, True),
        ("23.0.0", False, False),
        ("28.2.2", False, False),
        ("28.2.2", True, True),
    ],
)
def test_a_cli_is_accepted_by_its_version_or_its_plugin(
    tmp_path: Path, version: str, *, buildx: bool, accepted: bool
) -> None:
    new = write_cli(tmp_path / "first", version, buildx=buildx)
    old = write_cli(tmp_path / "second", "20.10.5", buildx=False)
    assert buildkit_cli(f"{new.parent}:{old.parent}") == str(new if accepted else old)


def test_a_machine_without_a_fitting_cli_is_told_what_was_found(tmp_path: Path) -> None:
    new = write_cli(tmp_path / "bin", "28.2.2", buildx=False)
    with pytest.raises(SandboxError, match="without the buildx plugin") as caught:
        buildkit_cli(str(new.parent))
    assert f"{new} (Docker version 28.2.2, build x)" in str(caught.value)


def test_a_machine_without_any_cli_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"Install Debian's package docker\.io"):
        buildkit_cli(str(tmp_path))
