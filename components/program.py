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
    script = _script(program)
    return command.local.Command(
        name, create=script, update=script, environment=environment, triggers=list(triggers), opts=opts
    )


def run_at_deletion(
    name: str, program: str, *, environment: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> command.local.Command:
    """Run components.commands.`program` when the resource is deleted, and never before.

    A change of its environment is noted and runs nothing. There are no triggers: they would replace it, and so run the
    program in an update.
    """
    return command.local.Command(name, delete=_script(program), environment=environment, opts=opts)


def engine_environment(engine_host: str) -> dict[str, str]:
    """Return what makes a program talk to the engine that the provider talks to; `engine_host` is as in Settings."""
    return {"DOCKER_HOST": engine_host} if engine_host else {}


def _script(program: str) -> str:
    return f"python3 -m components.commands.{program}"
