"""No secret is in clear: not in an object's inputs, not in a program's, and not in a pod."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.declared import Declared, one, shown
from tests.unit.kubernetes.stack import container, declared, declared_as, kind, objects

KEY = "a-key-of-mine-4711"
ELASTICSEARCH_KEY = "another-key-4712"
KUBECONFIG = "apiVersion: v1, client-key-data: 4713"
WITH_KEY = {"serverApiKey": KEY}
SECRET = "kubernetes:core/v1:Secret"

STACKS: list[dict[str, Any]] = [
    WITH_KEY,
    {**WITH_KEY, "serverLanes": 1, "modelDelivery": "claim"},
    {
        **WITH_KEY,
        "elasticsearchUrl": "https://elasticsearch.test:9200",
        "elasticsearchApiKey": ELASTICSEARCH_KEY,
    },
]


def in_clear(item: Declared) -> Mapping[str, Any]:
    """Return the inputs that Pulumi does not encrypt."""
    return {key: value for key, value in item.inputs.items() if key not in item.secrets}


@pytest.mark.parametrize("changes", STACKS, ids=shown)
def test_no_input_has_a_secret_in_clear(changes: dict[str, Any]) -> None:
    for item in declared(**changes):
        text = json.dumps(in_clear(item), default=str)
        for secret in (KEY, ELASTICSEARCH_KEY):
            assert secret not in text, (item.type, item.name)


def test_programs_are_told_the_context() -> None:
    made = declared_as("jina-search-k8s", context="mine")
    told = {item.name for item in made if item.inputs.get("environment", {}).get("KUBECTL_CONTEXT") == "mine"}
    assert told >= {"llama-server-documents-traffic", "llama-server-queries-served", "kubernetes"}


def test_the_key_of_the_server_is_in_its_secret_and_in_no_other_object() -> None:
    holders = [item for item in objects(declared(**WITH_KEY)) if KEY in json.dumps(item.inputs, default=str)]
    assert [(kind(item), item.name) for item in holders] == [("Secret", "llama-server-key")]


def test_another_key_is_another_secret_since_none_can_be_changed() -> None:
    made = one(declared(**WITH_KEY), SECRET, "llama-server-key")
    assert made.inputs["immutable"] is True
    # The provider gives it a name of its own, so both are there while pods change.
    assert "name" not in made.inputs["metadata"]
    assert made.inputs["stringData"] == {"key": KEY}
    assert "stringData" in made.secrets
    assert not made.options.delete_before_replace


def test_without_a_key_there_is_no_secret_for_it() -> None:
    assert [item.name for item in objects(declared(), "Secret")] == ["elasticsearch-password"]


@pytest.mark.parametrize("name", ["gateway", "llama-server-documents", "llama-server-queries"])
def test_a_pod_reads_the_key_from_a_file(name: str) -> None:
    made = container(name, **WITH_KEY)
    assert KEY not in json.dumps(made)
    assert not [one_ for one_ in made["env"] if "valueFrom" in one_]


def test_no_program_has_a_secret_among_its_arguments() -> None:
    for item in declared(**WITH_KEY):
        if item.type == "command:local:Command":
            for field in ("create", "update", "delete"):
                assert KEY not in str(item.inputs.get(field))
