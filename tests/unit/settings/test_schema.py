"""Every setting is said in Pulumi.yaml and in one line of the schema, and something that is declared depends on it."""

from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import pytest

from components.settings import (
    ElasticsearchSettings,
    EngineSettings,
    ImageSettings,
    KubernetesSettings,
    ModelSettings,
    ServerSettings,
    Settings,
    StackConfig,
    project,
    read_settings,
)
from tests.unit.declared import declare_program
from tests.unit.project import config_schema

GROUPS = (
    Settings,
    EngineSettings,
    ModelSettings,
    ImageSettings,
    ServerSettings,
    ElasticsearchSettings,
    KubernetesSettings,
)

FOR_RULES_ALONE = {"modelContextSize"}
"""Settings that only say what others may be."""


def settings_of(group: type[Any]) -> list[tuple[str, Field[Any]]]:
    return [(one.metadata["key"], one) for one in fields(group) if "key" in one.metadata]


def test_pulumi_yaml_and_the_schema_have_the_same_settings_of_the_same_types() -> None:
    types = {str: "string", int: "integer", bool: "boolean", tuple: "array"}
    found = {}
    for group in GROUPS:
        hints = get_type_hints(group)
        for key, one in settings_of(group):
            kind = tuple if get_origin(hints[one.name]) is tuple else hints[one.name]
            found[key] = types.get(kind, "string") if one.repr else "secret"
    declared = {key: "secret" if one.get("secret") else one["type"] for key, one in config_schema().items()}
    assert found == declared


def test_each_setting_has_a_default_and_a_description() -> None:
    for key, declared in config_schema().items():
        assert "default" in declared, key
        assert declared["description"].endswith("."), key
        assert ("type" in declared) != declared.get("secret", False), key


STACKS: list[tuple[str, Mapping[str, object]]] = [
    ("cpu", {}),
    ("gpu", {}),
    ("cpu", {"elasticsearchUrl": "https://elasticsearch.test:9200"}),
    ("k8s", {"imageRegistry": "registry.test", "modelDelivery": "claim"}),
    (
        "k8s",
        {
            "imageRegistry": "registry.test",
            "device": "cuda",
            "serverApiKey": "key",
            "kubernetesIngressHost": "search.test",
            "kubernetesIngressClass": "nginx",
            "kubernetesTlsSecret": "certificate",
        },
    ),
]


def test_every_setting_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: set[tuple[type[Any], str]] = set()
    passed_on: set[tuple[type[Any], str]] = set()

    def read(config: StackConfig, folder: Path, engine: EngineSettings, **cluster: str) -> Settings:
        settings = read_settings(config, folder, engine, **cluster)
        # What the rules between settings look at is not passed on by that.
        looked_at.clear()
        return settings

    def look(one: Any, name: str) -> Any:
        looked_at.add((type(one), name))
        return object.__getattribute__(one, name)

    monkeypatch.setattr(project, "read_settings", read)
    for group in GROUPS:
        monkeypatch.setattr(group, "__getattribute__", look)
    for stack, changes in STACKS:
        declare_program(stack, **changes)
        passed_on |= looked_at
    forgotten = {
        key for group in GROUPS for key, one in settings_of(group) if (group, one.name) not in passed_on
    }
    assert forgotten == FOR_RULES_ALONE
