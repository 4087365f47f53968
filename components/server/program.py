"""Declares that an update runs one of the programs in components/commands."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_command as command


def run_program(
    name: str,
    program: str,
    *,
    environment: Mapping[str, pulumi.Input[str]],
    triggers: Sequence[Any],
    opts: pulumi.ResourceOptions,
) -> command.local.Command:
    """Run components.commands.`program` now, and again when its environment or one of `triggers` changes."""
    script = f"python3 -m components.commands.{program}"
    return command.local.Command(
        name, create=script, update=script, environment=environment, triggers=list(triggers), opts=opts
    )
