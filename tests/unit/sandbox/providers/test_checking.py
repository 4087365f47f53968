"""Inputs are checked against what the SDK knows."""

from typing import Any

import pytest

from sandbox.providers.checking import failures
from sandbox.providers.values import UNKNOWN, Opaque, Secret
from tests.unit.sandbox.providers.thing import SCHEMA, TOKEN


@pytest.mark.parametrize(
    "inputs",
    [
        {"size": 1},
        {"size": 0.5, "count": 3, "on": False, "name": "n", "mode": "fast"},
        {"size": UNKNOWN, "ports": UNKNOWN, "envs": [UNKNOWN]},
        {"size": Secret(1), "envs": Secret(["a"]), "ports": [{"internal": UNKNOWN}]},
        {"size": 1, "labels": {"anything": "goes"}, "triggers": [1, "two", {"three": 3}]},
    ],
)
def test_good_inputs_pass(inputs: dict[str, Any]) -> None:
    assert failures(TOKEN, inputs, SCHEMA) == []


@pytest.mark.parametrize(
    ("inputs", "path", "reason"),
    [
        ({}, "size", "is required and was not given"),
        ({"sise": 1, "size": 1}, "sise", "is not a property that the SDK knows here; it knows: count, envs"),
        ({"size": "1"}, "size", "must be of type number, and is string"),
        ({"size": True}, "size", "must be of type number, and is boolean"),
        ({"size": 1, "count": 1.5}, "count", "must be of type integer, and is number"),
        ({"size": 1, "on": "yes"}, "on", "must be of type boolean, and is string"),
        (
            {"size": 1, "name": Opaque({})},
            "name",
            "must be of type string, and is an asset, archive or reference",
        ),
        ({"size": 1, "envs": "A=1"}, "envs", "must be of type array, and is string"),
        ({"size": 1, "envs": ["A=1", None]}, "envs[1]", "is null"),
        ({"size": 1, "labels": {"a": 1}}, "labels.a", "must be of type string, and is integer"),
        ({"size": 1, "ports": [{"ip": "::1"}]}, "ports[0].internal", "is required and was not given"),
        ({"size": 1, "ports": [{"internal": 1, "host": 2}]}, "ports[0].host", "is not a property"),
        ({"size": 1, "ports": [Secret({"internal": "1"})]}, "ports[0].internal", "must be of type integer"),
        ({"size": 1, "mode": "idle"}, "mode", "must be one of fast, slow"),
    ],
)
def test_each_problem_is_named_with_its_path(inputs: dict[str, Any], path: str, reason: str) -> None:
    (found,) = failures(TOKEN, inputs, SCHEMA)
    assert found.path == path
    assert found.reason.startswith(reason)


def test_a_wrong_secret_is_not_quoted() -> None:
    (found,) = failures(TOKEN, {"size": Secret("hunter2")}, SCHEMA)
    assert "hunter2" not in found.reason
