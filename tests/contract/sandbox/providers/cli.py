"""Drives a small stack by the real CLI, with the official plugins where they can be had."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox.machine.cache import cache_root
from sandbox.providers.plugins import PULUMI_HOME, ensure_plugins
from sandbox.pulumi.cli import ensure_cli
from sandbox.pulumi.environment import pulumi_environment
from tests.contract.sandbox.providers.conftest import quietly

PROGRAM = Path(__file__).parent / "program"


class SmallStack:
    """A stack of a copy of the program beside this file, all of it in `folder`; `settings` are its configuration."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.settings = dict(settings)
        self.program = folder / "program"
        shutil.copytree(PROGRAM, self.program)
        cache = cache_root()
        cli = ensure_cli(cache, quietly)
        plugins = ensure_plugins(cache, quietly, cli).folder
        self.environment = pulumi_environment(
            cli,
            providers=plugins,
            home=folder / "home" if plugins else cache / PULUMI_HOME,
            backend=folder / "state",
            passphrase_file=folder / "passphrase",
            virtual_environment=Path(sys.prefix),
        )
        self.pulumi("stack", "init", "test")

    def pulumi(self, *arguments: str, fails: bool = False, **environment: str) -> str:
        """Run a command of the CLI and return all that it wrote; it must succeed, or fail where `fails` says so."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.program,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stdout
        return done.stdout

    def run(self, command: str, *arguments: str, fails: bool = False, **environment: str) -> str:
        """Run preview, up, refresh or destroy with the settings as they are now."""
        file = self.program / "Pulumi.test.yaml"
        content = yaml.safe_load(file.read_text())  # has the salt of the stack's secrets
        content["config"] = {f"providers-test:{key}": value for key, value in self.settings.items()}
        file.write_text(yaml.safe_dump(content))
        given = list(arguments)
        if command != "preview":
            given += ["--yes", "--skip-preview"]
        return self.pulumi(command, *given, fails=fails, **environment)

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the resources in the state, by name."""
        state = json.loads(self.pulumi("stack", "export"))
        found = state["deployment"].get("resources") or []
        return {resource["urn"].rsplit("::", 1)[-1]: resource for resource in found}
