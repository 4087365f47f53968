"""The tables show the settings that Pulumi.yaml declares and the quantisations that there are."""

import re

import pytest

from components.settings.quantisations import QUANTS, Quant
from tests.unit.project import config_schema
from tools.settings_table import quants_table, settings_table


@pytest.mark.parametrize(
    ("setting", "default", "row"),
    [
        ("dims", 512, "| `dims` | integer | `512` |"),
        ("serverExtraArguments", ["A=1"], '| `serverExtraArguments` | list of strings | `["A=1"]` |'),
        ("serverApiKey", "", "| `serverApiKey` | secret |  |"),
    ],
)
def test_a_row_has_type_and_default_as_a_stacks_file_writes_them(
    setting: str, default: object, row: str
) -> None:
    schema = config_schema()
    schema[setting] = {**schema[setting], "default": default}

    assert row in settings_table(schema)


def test_another_quantisation_is_a_row_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QUANTS, "IQ4_XS", Quant(megabytes=150, bits=4.25, estimated=True))

    assert "| IQ4_XS | about 150 MB | 4.25 |" in quants_table()


def test_the_quantisations_that_the_setting_names_are_there() -> None:
    named = re.findall(r"\b\w*\d\w*\b", config_schema()["quant"]["description"])

    assert named
    assert set(named) <= set(QUANTS)
