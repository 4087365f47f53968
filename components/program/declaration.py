"""Declares that an update runs one of the programs in components/commands."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_command as command

from components.settings import EngineSettings, KubernetesSettings


def run_program(
    name: str,
    program: str,
    *,
    environment: Mapping[str, pulumi.Input[str]],
    triggers: Sequence[Any],
    opts: pulumi.ResourceOptions,
    at_deletion: str = "",
) -> command.local.Command:
    """Run components.commands.`program` now, and again when its environment or one of `triggers` changes.

    The program `at_deletion` runs, with the same environment, when the resource is deleted. A change of the triggers
    replaces the resource, so with such a program there must be none.
    """
    script = _script(program)
    return command.local.Command(
        name,
        create=script,
        update=script,
        delete=_script(at_deletion) if at_deletion else None,
        environment=environment,
        triggers=list(triggers),
        opts=opts,
    )


def run_at_deletion(
    name: str, program: str, *, environment: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> command.local.Command:
    """Run components.commands.`program` when the resource is deleted, and never before.

    A change of its environment is noted and runs nothing. There are no triggers: they would replace it, and so run the
    program in an update.
    """
    return command.local.Command(name, delete=_script(program), environment=environment, opts=opts)


def engine_environment(engine: EngineSettings) -> dict[str, pulumi.Input[str]]:
    """Return the environment that makes a program talk to the engine that the stack sets for the provider.

    Variables of the machine's own environment are left out, since they differ from machine to machine: the program
    reads them from there itself, as the provider does.
    """
    told: dict[str, pulumi.Input[str]] = {
        "DOCKER_HOST": engine.host,
        "DOCKER_CERT_PATH": engine.certificates,
    }
    material = {
        "ENGINE_TLS_CA": engine.ca,
        "ENGINE_TLS_CERT": engine.certificate,
        "ENGINE_TLS_KEY": engine.key,
    }
    told |= {name: pulumi.Output.secret(text) for name, text in material.items() if text}
    return {name: value for name, value in told.items() if value != ""}


def cluster_environment(settings: KubernetesSettings, namespace: str) -> dict[str, pulumi.Input[str]]:
    """Return the environment that makes a program talk to the cluster that the stack sets for the provider.

    What is not set is left out: kubectl takes its own context then, as the provider does.
    """
    told: dict[str, pulumi.Input[str]] = {"KUBECTL_NAMESPACE": namespace}
    return told | ({"KUBECTL_CONTEXT": settings.context} if settings.context else {})


def _script(program: str) -> str:
    """Return the shell command that runs `program`; it is the same on every machine.

    A path of this machine in it would be a change on the next machine. Without `exec` the plugin would stop only the
    shell and leave the program running. `env` looks python3 up in the PATH that it is given: in the virtual environment
    of Pulumi.yaml first, since the system's python3 may be years older.
    """
    return f'exec env PATH=".venv/bin:$PATH" python3 -m components.commands.{program}'
