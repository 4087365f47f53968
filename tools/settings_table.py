"""Writes the table of settings in README.md from Pulumi.yaml: `make settings`."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

PROJECT_DIRECTORY = Path(__file__).resolve().parent.parent
BEGIN = "<!-- settings: made by `make settings` from Pulumi.yaml -->"
END = "<!-- end of settings -->"


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


def with_table(readme: str, schema: dict[str, dict[str, Any]]) -> str:
    """Return the text of the README with the table between its two marks made anew."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{settings_table(schema)}\n{END}{after}"


def main() -> int:
    """Rewrite README.md."""
    schema = yaml.safe_load((PROJECT_DIRECTORY / "Pulumi.yaml").read_text())["config"]
    readme = PROJECT_DIRECTORY / "README.md"
    readme.write_text(with_table(readme.read_text(), schema))
    return 0


if __name__ == "__main__":
    sys.exit(main())
