"""Makes the tables of settings and of quantisations from Pulumi.yaml and the code."""

import json
from pathlib import Path
from typing import Any

import yaml

from components.settings.quantisations import QUANTS

PROJECT_DIRECTORY = Path(__file__).resolve().parent.parent


def settings_table(schema: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table of a `config:` section: one row a setting, in its order."""
    rows = [
        f"| `{key}` | {type_of(declared)} | {default_of(declared)} | {declared['description']} |"
        for key, declared in schema.items()
    ]
    return "\n".join(["| setting | type | default | meaning |", "| --- | --- | --- | --- |", *rows])


def type_of(declared: dict[str, Any]) -> str:
    """Return the type in words; a secret has none in the schema and is a text."""
    if declared.get("secret"):
        return "secret"
    if declared["type"] == "array":
        return f"list of {declared['items']['type']}s"
    return str(declared["type"])


def default_of(declared: dict[str, Any]) -> str:
    """Return the default as it is written in a stack's file."""
    default = declared["default"]
    return "" if default == "" else f"`{default if isinstance(default, str) else json.dumps(default)}`"


def all_settings_table() -> str:
    """Return the table of every setting of the project."""
    return settings_table(yaml.safe_load((PROJECT_DIRECTORY / "Pulumi.yaml").read_text())["config"])


def quants_table() -> str:
    """Return the Markdown table of quantisations, the largest file first."""
    rows = [
        f"| {name} | {'about ' if quant.estimated else ''}{quant.megabytes} MB | {quant.bits:g} |"
        for name, quant in QUANTS.items()
    ]
    return "\n".join(["| quant | file | bits a weight |", "| --- | --- | --- |", *rows])
