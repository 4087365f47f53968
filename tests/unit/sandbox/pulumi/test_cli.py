"""Which Pulumi CLI is taken, with programs that only pretend to be one."""

from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.pulumi import cli
from sandbox.pulumi.cli import ensure_cli
from tests.unit.sandbox.conftest import quietly, write_program


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
