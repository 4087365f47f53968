"""The edge of the program: the settings of the stack that Pulumi is running."""

import os
from collections.abc import Mapping
from pathlib import Path

import pulumi
from pulumi.runtime import config

from components.settings.errors import SettingsError
from components.settings.read import StackConfig, read_settings
from components.settings.schema import Settings


def project_settings() -> Settings:
    """Return the settings of the running stack; end the program with one message when any cannot be used."""
    values = config.get_config_env() | config.CONFIG.get()
    secret_keys = [key for key in values if config.is_config_secret(key)]
    stack_config = StackConfig.of_project(pulumi.get_project(), values, secret_keys)
    try:
        return read_settings(stack_config, Path.cwd(), engine_host(values, os.environ))
    except SettingsError as error:
        # The one error that Pulumi shows without a traceback.
        raise pulumi.RunError(str(error)) from error


def engine_host(values: Mapping[str, str], variables: Mapping[str, str]) -> str:
    """Return the Docker engine's address as the Docker provider finds it; empty for the docker command's default.

    `values` is the stack's configuration with full keys, `variables` the environment.
    """
    return values.get("docker:host", "").strip() or variables.get("DOCKER_HOST", "").strip()
