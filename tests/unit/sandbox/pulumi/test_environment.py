"""The environment in which the sandbox runs Pulumi."""

from pathlib import Path

import pytest

from sandbox.part import Part
from sandbox.providers.plugins import releases
from sandbox.pulumi.cli import PulumiCli
from sandbox.pulumi.environment import pulumi_environment


def environment(folder: Path, providers: Path | None = None, **extra: str) -> dict[str, str]:
    """Return an environment whose files are in `folder`."""
    return pulumi_environment(
        PulumiCli(Part("Pulumi CLI", True, "v0"), (folder / "cli",)),
        providers=providers,
        home=folder / "home",
        backend=folder / "state",
        passphrase_file=folder / "keys" / "passphrase",
        virtual_environment=folder / "venv",
        extra=extra,
    )


def test_the_virtual_environment_comes_first_then_the_cli_then_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    assert environment(tmp_path)["PATH"] == f"{tmp_path}/venv/bin:{tmp_path}/cli:/usr/bin"


def test_state_home_and_passphrase_are_the_sandboxs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "somebody's")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "/somewhere")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://somewhere")
    chosen = environment(tmp_path, HF_ENDPOINT="http://127.0.0.1:1")
    assert chosen["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/state"
    assert chosen["PULUMI_HOME"] == f"{tmp_path}/home"
    assert chosen["HF_ENDPOINT"] == "http://127.0.0.1:1"
    assert not {"PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE_FILE"} & chosen.keys()
    assert (tmp_path / "state").is_dir()


def test_python_keeps_bytecode_though_it_may_not_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment(tmp_path)


def test_the_passphrase_is_random_kept_and_for_this_user_only(tmp_path: Path) -> None:
    passphrase = environment(tmp_path)["PULUMI_CONFIG_PASSPHRASE"]
    assert len(passphrase) == 64
    assert environment(tmp_path)["PULUMI_CONFIG_PASSPHRASE"] == passphrase
    assert environment(tmp_path / "other")["PULUMI_CONFIG_PASSPHRASE"] != passphrase
    assert (tmp_path / "keys" / "passphrase").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["passphrase"]


def test_stand_ins_lie_where_downloads_do_in_a_home_that_holds_no_official_plugin(tmp_path: Path) -> None:
    launchers = tmp_path / "providers"
    launchers.mkdir()
    (launchers / "pulumi-resource-docker").write_text("#!/bin/sh\n")
    for _ in range(2):
        chosen = environment(tmp_path, launchers)
    assert chosen["PULUMI_HOME"] == f"{tmp_path}/home/with-providers"
    assert chosen["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    placed = Path(chosen["PULUMI_HOME"]) / "plugins" / f"resource-docker-v{releases()['docker']}"
    assert (placed / "pulumi-resource-docker").read_text() == "#!/bin/sh\n"
    assert [file.name for file in placed.iterdir()] == ["pulumi-resource-docker"]
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in environment(tmp_path)
