"""Writes the tables of settings and of quantisations in README.md: `make settings`."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from components.settings.quantisations import QUANTS

PROJECT_DIRECTORY = Path(__file__).resolve().parent.parent
BEGIN = "<!-- settings: made by `make settings` from Pulumi.yaml -->"
END = "<!-- end of settings -->"
QUANTS_BEGIN = "<!-- quantisations: made by `make settings` from components/settings/quantisations.py -->"
QUANTS_END = "<!-- end of quantisations -->"


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


def quants_table() -> str:
    """Return the Markdown table of quantisations, the largest file first."""
    rows = [
        f"| {name} | {'about ' if quant.estimated else ''}{quant.megabytes} MB | {quant.quality} |"
        for name, quant in QUANTS.items()
    ]
    return "\n".join(["| quant | file | quality |", "| --- | --- | --- |", *rows])


def with_tables(document: str, schema: dict[str, dict[str, Any]]) -> str:
    """Return a document with the tables between their marks made anew."""
    document = _between(document, QUANTS_BEGIN, QUANTS_END, quants_table())
    return _between(document, BEGIN, END, settings_table(schema))


def _between(document: str, begin: str, end: str, table: str) -> str:
    before, _, rest = document.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{table}\n{end}{after}"


def main() -> int:
    """Rewrite README.md."""
    schema = yaml.safe_load((PROJECT_DIRECTORY / "Pulumi.yaml").read_text())["config"]
    readme = PROJECT_DIRECTORY / "README.md"
    readme.write_text(with_tables(readme.read_text(), schema))
    return 0


if __name__ == "__main__":
    sys.exit(main())
