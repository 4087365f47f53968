"""The edge of the program: the settings of the stack that Pulumi is running."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pulumi
from pulumi.runtime import config

from components.settings.errors import SettingsError
from components.settings.read import StackConfig, read_settings
from components.settings.schema import EngineSettings, Settings

NATIVE_WINDOWS = (
    "Native Windows is not supported: run Pulumi inside WSL 2, where Docker Desktop and everything that this project "
    "needs work as on Linux (https://learn.microsoft.com/windows/wsl/install)."
)

NOT_PASSED_ON = {
    "docker:sshOpts": (
        "the `docker` command, through which this project checks what it starts, takes no options of ssh: write them "
        "into ~/.ssh/config for that host, and `pulumi config rm docker:sshOpts`"
    ),
    "docker:context": (
        "not every part of the Docker provider follows a context: set docker:host to the address that `docker context "
        "inspect` shows, and `pulumi config rm docker:context`"
    ),
    "kubernetes:kubeconfig": (
        "`kubectl` and `jinactl`, by which this project asks the cluster, would look elsewhere: name the file by the "
        "variable KUBECONFIG, which all of them read, and `pulumi config rm kubernetes:kubeconfig`"
    ),
    "kubernetes:cluster": (
        "`kubectl` and `jinactl` can't be told it: set kubernetes:context to a context with that cluster, and `pulumi "
        "config rm kubernetes:cluster`"
    ),
    "kubernetes:namespace": (
        "everything of the stack names its namespace itself, so this one would be passed over: set kubernetesNamespace "
        "for one that is there already, and `pulumi config rm kubernetes:namespace`"
    ),
    "kubernetes:renderYamlToDirectory": (
        "an update of this project switches gateways and makes an index, so it needs the cluster, and the files would "
        "hold every secret in clear: `pulumi preview --diff` shows what is declared; `pulumi config rm "
        "kubernetes:renderYamlToDirectory`"
    ),
    "DOCKER_CONTEXT": (
        "not every part of the Docker provider follows a context: unset it, and set DOCKER_HOST, or docker:host, to "
        "the address that `docker context inspect` shows"
    ),
}
"""Settings of providers under which they and our commands could ask two engines or clusters, and what to do instead."""


def project_settings() -> Settings:
    """Return the settings of the running stack; end the program with one message when any cannot be used."""
    if sys.platform == "win32":
        raise pulumi.RunError(NATIVE_WINDOWS)
    values = config.get_config_env() | config.CONFIG.get()
    secret_keys = [key for key in values if config.is_config_secret(key)]
    stack_config = StackConfig.from_project(pulumi.get_project(), values, secret_keys)
    try:
        return read_settings(
            stack_config,
            Path.cwd(),
            engine_settings(values, os.environ),
            context=values.get("kubernetes:context", "").strip(),
        )
    except SettingsError as error:
        # The one error that Pulumi shows without a traceback.
        raise pulumi.RunError(str(error)) from error


def engine_settings(values: Mapping[str, str], variables: Mapping[str, str]) -> EngineSettings:
    """Return what is set for the Docker provider.

    `values` is the stack's configuration with full keys, `variables` the environment. Raises SettingsError for what
    cannot be passed on to the `docker` command.
    """
    given = {**variables, **values}
    problems = [
        f"{name} is set: {why}."
        for name, why in NOT_PASSED_ON.items()
        if given.get(name, "").strip() not in ("", "default", "[]")
    ]
    if problems:
        raise SettingsError(problems)
    return EngineSettings(
        host=values.get("docker:host", "").strip(),
        inherited=variables.get("DOCKER_HOST", "").strip(),
        certificates=values.get("docker:certPath", "").strip(),
        ca=values.get("docker:caMaterial", ""),
        certificate=values.get("docker:certMaterial", ""),
        key=values.get("docker:keyMaterial", ""),
    )
