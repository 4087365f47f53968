"""The configuration that Pulumi hands to the program for the two stacks that ship."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from components.settings import EngineSettings, Settings, StackConfig, read_settings

PROJECT_DIRECTORY = Path(__file__).parents[2]
PROJECT = "jina-search"


@cache  # reading Pulumi.yaml takes a fifth of a second, and hundreds of tests want it
def _config(file: str) -> Any:
    return yaml.safe_load((PROJECT_DIRECTORY / file).read_text())["config"]


def config_schema() -> dict[str, dict[str, Any]]:
    """Return the `config` section of Pulumi.yaml."""
    return dict(_config("Pulumi.yaml"))


def stack_file(stack: str) -> dict[str, Any]:
    """Return what the file of a stack that ships sets."""
    config = _config(f"Pulumi.{stack}.yaml")
    return {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}


def stack_values(stack: str, **changes: object) -> dict[str, str]:
    """Return all values of a stack as texts: defaults, then the stack's file, then `changes`."""
    values = {key: declared["default"] for key, declared in config_schema().items()}
    return {key: as_text(value) for key, value in (values | stack_file(stack) | changes).items()}


def as_text(value: object) -> str:
    """Write a value as the engine hands it over."""
    return value if isinstance(value, str) else json.dumps(value)


SECRETS = tuple(key for key, declared in config_schema().items() if declared.get("secret"))


def stack_settings(stack: str, **changes: object) -> Settings:
    """Read the settings of a stack with `changes`."""
    return engine_settings("", stack, **changes)


def engine_settings(host: str, stack: str, **changes: object) -> Settings:
    """Read the settings of a stack with `changes`, for the Docker engine at `host`."""
    return read_settings(
        StackConfig(stack_values(stack, **changes), SECRETS), PROJECT_DIRECTORY, EngineSettings(host=host)
    )
