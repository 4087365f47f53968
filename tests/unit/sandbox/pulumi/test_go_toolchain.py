"""Which Go is taken, with programs that only pretend to be one."""

from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.pulumi import go_toolchain
from sandbox.pulumi.go_toolchain import ensure_go, go_environment, go_version
from tests.unit.sandbox.conftest import quietly, write_program


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
    ("version", "taken"), [("go1.26.0", True), ("go1.30", True), ("go1.25.11", False), ("go1.9", False)]
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


def test_go_compiles_with_more_memory_and_less_work_unless_somebody_chose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOGC", raising=False)
    monkeypatch.setenv("GOMEMLIMIT", "512MiB")
    environment = go_environment(tmp_path / "bin" / "go", "-mod=mod")
    assert environment["PATH"].startswith(f"{tmp_path}/bin:")
    assert environment["GOFLAGS"] == "-buildvcs=false -mod=mod"
    assert (environment["GOGC"], environment["GOMEMLIMIT"]) == ("400", "512MiB")
