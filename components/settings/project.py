"""The edge of the program: the settings of the stack that Pulumi is running."""

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
        return read_settings(stack_config, Path.cwd())
    except SettingsError as error:
        # The one error that Pulumi shows without a traceback.
        raise pulumi.RunError(str(error)) from error
