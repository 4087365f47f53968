"""The settings of a sandbox's stack: those that ship, with changes, outside the repository."""

from pathlib import Path

import pytest

from sandbox.pulumi.stack import SandboxStack
from tests.unit.sandbox.conftest import write_program


@pytest.fixture
def stack(tmp_path: Path) -> SandboxStack:
    (tmp_path / "Pulumi.cpu.yaml").write_text("encryptionsalt: v1:salt\n")
    return SandboxStack("cpu", tmp_path, {})


def test_a_new_stack_has_the_settings_that_ship_and_those_it_is_given(stack: SandboxStack) -> None:
    stack.configure({"quant": "Q8_0"})

    assert stack.settings == {"device": "cpu", "quant": "Q8_0", "dims": 768}


def test_settings_that_are_not_named_stay(stack: SandboxStack) -> None:
    stack.configure({"quant": "Q8_0"})
    stack.configure({"dims": 256})

    assert stack.settings == {"device": "cpu", "quant": "Q8_0", "dims": 256}


def test_none_takes_a_setting_back(stack: SandboxStack) -> None:
    stack.configure({"quant": "Q8_0"})
    stack.configure({"quant": None})

    assert "quant" not in stack.settings


def test_the_salt_of_the_secrets_stays(stack: SandboxStack, tmp_path: Path) -> None:
    stack.configure({"quant": "Q8_0"})

    assert "encryptionsalt: v1:salt" in (tmp_path / "Pulumi.cpu.yaml").read_text()


def test_a_stack_that_was_never_made_has_no_settings(tmp_path: Path) -> None:
    assert SandboxStack("cpu", tmp_path, {}).settings == {}


def test_a_secret_is_handed_to_the_cli_by_standard_input(
    stack: SandboxStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = tmp_path / "bin" / "pulumi"
    write_program(cli, f'echo "$@" > {tmp_path}/arguments\ncat > {tmp_path}/given')
    monkeypatch.setenv("PATH", f"{cli.parent}:/usr/bin:/bin")

    stack.with_environment({"PATH": f"{cli.parent}:/usr/bin:/bin"}).set_secret("serverApiKey", "hunter2")

    assert "config set --secret serverApiKey" in (tmp_path / "arguments").read_text()
    assert "hunter2" not in (tmp_path / "arguments").read_text()
    assert (tmp_path / "given").read_text() == "hunter2"
