"""The environment of llama-server: what a setting decides reaches it under the name that the setting's line says."""

from dataclasses import fields, replace
from typing import Any

import pytest

from components.server.container import environment
from components.settings import ModelSettings, ServerSettings
from components.settings.lanes import lanes
from components.settings.rules.known_arguments import KNOWN
from components.settings.setting import PREFIX, keys_of_variables
from tests.unit.project import stack_settings

VARIABLES = [
    (group, one.metadata["env"], one.name)
    for group in (ModelSettings, ServerSettings)
    for one in fields(group)
    if one.metadata.get("env")
]


@pytest.mark.parametrize(("group", "variable", "name"), VARIABLES, ids=lambda value: str(value)[:40])
def test_what_a_setting_decides_is_passed_on_to_the_server(group: type, variable: str, name: str) -> None:
    settings = stack_settings("gpu")
    given: dict[type, Any] = {ModelSettings: settings.model, ServerSettings: settings.server}
    value = 77 if isinstance(getattr(given[group], name), int) else "another"
    given[group] = replace(given[group], **{name: value})
    (documents, _) = lanes(given[ServerSettings])
    told = environment("cuda", given[ModelSettings], given[ServerSettings], documents)
    assert told[PREFIX + variable] == str(value)
    assert variable in KNOWN, "llama-server does not read it"


def test_every_setting_decides_a_variable_of_its_own() -> None:
    assert len({variable for _, variable, _ in VARIABLES}) == len(VARIABLES) > 0
    assert keys_of_variables(ServerSettings)["CTX_SIZE"] == "serverContextSize"
