"""The environment in which the sandbox runs Pulumi: a home, a file backend and a passphrase of its own."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from sandbox.providers.plugins import place_stand_ins
from sandbox.pulumi.cli import PulumiCli

PASSPHRASE_BYTES = 32

NOT_INHERITED = frozenset(
    {
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_ACCESS_TOKEN",
        "PULUMI_STACK",
        "PYTHONHOME",
        # Without bytecode every preview compiles the program and its providers anew, which takes a tenth of it.
        "PYTHONDONTWRITEBYTECODE",
    }
)
"""What would lead elsewhere than to the sandbox's own stacks, or slow every command down."""


def pulumi_environment(
    cli: PulumiCli,
    *,
    providers: Path | None,
    home: Path,
    backend: Path,
    passphrase_file: Path,
    virtual_environment: Path,
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the whole environment for the CLI: this process's, with what follows set.

    `providers` is the folder of the stand-in plugins, None where the official ones are used; `home` keeps plugins and
    the CLI's own files, `backend` the state of the stacks: both are made when they are not there. The passphrase, which
    encrypts the stacks' secrets, is made once and kept in `passphrase_file`, for this user's eyes only.
    """
    if providers:
        # A home of their own: the CLI must never take a stand-in for an official plugin that it has downloaded, nor for
        # those of another clone of the repository.
        home = home / f"with-{providers.name}"
        place_stand_ins(providers, home)
    for folder in (home, backend):
        folder.mkdir(parents=True, exist_ok=True)
    folders = [virtual_environment / "bin", *cli.path]
    chosen = {
        # The virtual environment goes first: the compiled language host takes its Python from PATH.
        "PATH": os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)]),
        "VIRTUAL_ENV": str(virtual_environment),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_CONFIG_PASSPHRASE": _passphrase(passphrase_file),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    if providers:
        # What the stand-ins do not serve shall fail at once, not after a download that cannot succeed.
        chosen["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return {**inherited, **chosen, **(extra or {})}


def _passphrase(file: Path) -> str:
    """Return the passphrase kept in `file`, making one when there is none; two processes agree on one."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        made = file.with_name(f"{file.name}.{os.getpid()}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(PASSPHRASE_BYTES))
        try:
            os.link(made, file)
        except FileExistsError:
            pass  # another process was first: its passphrase holds
        finally:
            made.unlink()
    return file.read_text()
