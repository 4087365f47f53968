"""Writes the environment of the sandbox's Pulumi as lines that a shell evaluates."""

import shlex
from collections.abc import Mapping
from pathlib import Path


def exports(
    environment: Mapping[str, str], present: Mapping[str, str], *, passphrase_file: Path, config_file: Path
) -> str:
    """Return the lines that turn a shell's environment `present` into `environment`.

    The passphrase is named by its file, so that it is not on the screen. DEMO_CONFIG is the file with the stack's
    settings, for `--config-file`.
    """
    wanted = {
        **{name: value for name, value in environment.items() if name != "PULUMI_CONFIG_PASSPHRASE"},
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase_file),
        "DEMO_CONFIG": str(config_file),
    }
    unset = [f"unset {name}" for name in sorted(present.keys() - wanted.keys())]
    changed = sorted(name for name, value in wanted.items() if present.get(name) != value)
    return "\n".join([*unset, *(f"export {name}={shlex.quote(wanted[name])}" for name in changed)])
