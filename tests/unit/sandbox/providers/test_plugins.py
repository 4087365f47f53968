"""Which plugins the CLI gets: official ones, or the stand-ins."""

import subprocess
from pathlib import Path

import pytest

from sandbox.part import Part
from sandbox.providers import plugins
from sandbox.providers.plugins import PROVIDERS, ensure_plugins, releases
from sandbox.pulumi.cli import PulumiCli
from tests.unit.sandbox.conftest import quietly, write_program


def cli(folder: Path, script: str) -> PulumiCli:
    """Return a CLI that only runs `script`, and writes down that it was called."""
    write_program(folder / "pulumi", f'echo "$PULUMI_HOME $@" >> {folder}/calls\n{script}')
    return PulumiCli(Part("Pulumi CLI", True, "v0"), (folder,))


def calls(folder: Path) -> list[str]:
    """Return the calls of that CLI."""
    return (folder / "calls").read_text().splitlines()


def test_official_plugins_that_can_be_downloaded_are_taken_in_the_sdks_releases(tmp_path: Path) -> None:
    taken = ensure_plugins(tmp_path / "cache", quietly, cli(tmp_path / "cli", "exit 0"))
    assert taken.folder is None
    assert [(part.name, part.real) for part in taken.parts] == [
        ("Pulumi docker plugin", True),
        ("Pulumi command plugin", True),
    ]
    home = tmp_path / "cache" / "pulumi-home"
    expected = [f"{home} plugin install resource {name} {release}" for name, release in releases().items()]
    assert calls(tmp_path / "cli") == expected


def test_a_refused_download_leads_to_stand_ins_and_is_not_tried_again_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "ensure_providers", lambda cache, _: cache / "stand-ins")
    for _ in range(2):
        taken = ensure_plugins(tmp_path / "cache", quietly, cli(tmp_path / "cli", "exit 1"))
        assert taken.folder == tmp_path / "cache" / "stand-ins"
        assert [part.real for part in taken.parts] == [False, False]
        assert all("stand-in" in part.what for part in taken.parts)
    assert len(calls(tmp_path / "cli")) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_launcher_serves_its_provider_and_says_its_port(tmp_path: Path, provider: str) -> None:
    folder = plugins.ensure_providers(tmp_path, quietly)
    with subprocess.Popen(
        [folder / f"pulumi-resource-{provider}", "127.0.0.1:1"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline()
        process.kill()
    assert 1024 < int(port) < 65536
