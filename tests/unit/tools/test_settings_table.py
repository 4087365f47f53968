"""The tables in the README say what Pulumi.yaml and the quantisations say."""

import re

import pytest

from components.settings.quantisations import QUANTS, Quant
from tests.unit.project import PROJECT_DIRECTORY, config_schema
from tools.settings_table import BEGIN, END, QUANTS_BEGIN, QUANTS_END, with_tables

README = (PROJECT_DIRECTORY / "README.md").read_text()


def test_the_readme_has_the_settings_and_quantisations_as_they_are() -> None:
    assert [README.count(mark) for mark in (BEGIN, END, QUANTS_BEGIN, QUANTS_END)] == [1, 1, 1, 1]
    assert with_tables(README, config_schema()) == README, "run `make settings`"


def test_a_changed_default_changes_the_table() -> None:
    schema = config_schema()
    schema["dims"]["default"] = 512

    assert "| `dims` | integer | `512` |" in with_tables(README, schema)


def test_another_quantisation_is_a_row_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QUANTS, "IQ4_XS", Quant(megabytes=150, quality="good", estimated=True))

    assert "| IQ4_XS | about 150 MB | good |" in with_tables(README, config_schema())


def test_the_quantisations_that_the_setting_names_are_there() -> None:
    named = re.findall(r"\b\w*\d\w*\b", config_schema()["quant"]["description"])

    assert named
    assert set(named) <= set(QUANTS)
