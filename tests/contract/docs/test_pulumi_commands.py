"""Pulumi's own commands that the pages give are in its command line, with their options."""

import re
import shlex
import subprocess
from functools import cache

import pytest

from sandbox.machine.cache import cache_root
from sandbox.pulumi.cli import ensure_cli
from tests.unit.docs.pages import all_commands

pytestmark = pytest.mark.sandbox


@cache
def help_of(*subcommands: str) -> str:
    """Return what the command line says of a command."""
    folders = ":".join(map(str, ensure_cli(cache_root(), print).path))
    asked = ["pulumi", *subcommands, "--help"]
    environment = {"PATH": f"{folders}:/usr/local/bin:/usr/bin:/bin", "HOME": "/nowhere"}
    return subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("command", all_commands("pulumi"))
def test_each_pulumi_command_is_there_with_its_options(command: str) -> None:
    words = shlex.split(command)
    subcommands = [words[0]]
    if words[0] in ("config", "stack") and len(words) > 1:
        subcommands.append(words[1])

    said = help_of(*subcommands)

    # Of a command that it does not know it shows the help of the one above.
    assert said != help_of(*subcommands[:-1])
    for option in [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]:
        assert re.search(rf"(?<![\w-]){option}\b", said), option
