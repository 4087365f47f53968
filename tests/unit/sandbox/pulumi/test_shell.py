"""A shell that evaluates the lines has the environment of the demo's Pulumi."""

import subprocess
from pathlib import Path

from sandbox.pulumi.shell import exports


def test_a_shell_gets_what_differs_and_the_passphrase_by_its_file(tmp_path: Path) -> None:
    present = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/root",
        "PULUMI_STACK": "prod",
        "PULUMI_CONFIG_PASSPHRASE": "mine",
    }
    environment = {
        "PATH": "/it's here:/usr/bin:/bin",
        "HOME": "/root",
        "PULUMI_CONFIG_PASSPHRASE": "do not show",
    }

    lines = exports(
        environment, present, passphrase_file=tmp_path / "passphrase", config_file=tmp_path / "a b.yaml"
    )
    shell = subprocess.run(
        ["sh", "-c", f"{lines}\n/usr/bin/env | grep -v -e ^PWD= -e ^_= -e ^SHLVL="],
        env=present,
        capture_output=True,
        text=True,
        check=True,
    )

    assert dict(line.split("=", 1) for line in shell.stdout.splitlines()) == {
        "PATH": "/it's here:/usr/bin:/bin",
        "HOME": "/root",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "passphrase"),
        "DEMO_CONFIG": str(tmp_path / "a b.yaml"),
    }
    assert "do not show" not in lines
    assert "HOME" not in lines
