"""Pulumi's command line has the commands and options that the pages tell people to use."""

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
    """Return the help text of a command."""
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

    # For an unknown subcommand, the command line shows the help of its parent command.
    assert said != help_of(*subcommands[:-1])
    for option in [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]:
        assert re.search(rf"(?<![\w-]){option}\b", said), option
