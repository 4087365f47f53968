"""Ingest pipelines: what is refused when they are stored, and what their processors leave in a document."""

from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.answers import error_of
from tests.fixtures.elasticsearch_node import Node

pytestmark = pytest.mark.sandbox

PATH = "/_ingest/pipeline/embed"
EMBED = {"model_id": "embedder", "input_output": {"input_field": "content", "output_field": "vector"}}


@pytest.mark.parametrize(
    ("pipeline", "kind", "reason", "metadata"),
    [
        (
            {"processors": [{"sett": {"field": "a", "value": 1}}]},
            "parse_exception",
            "No processor type exists with name [sett]",
            {"processor_type": "sett"},
        ),
        (
            {"processors": [{"set": {"field": "a", "value": 1, "overide": True}}]},
            "parse_exception",
            "processor [set] doesn't support one or more provided configuration parameters [overide]",
            {"processor_type": "set"},
        ),
        (
            {"processors": [{"remove": {"field": "a", "ignoremissing": True, "tag": "t"}}]},
            "parse_exception",
            "processor [remove] doesn't support one or more provided configuration parameters [ignoremissing]",
            {"processor_type": "remove", "processor_tag": "t"},
        ),
        (
            {"processors": [{"inference": {**EMBED, "inputs": []}}]},
            "parse_exception",
            "processor [inference] doesn't support one or more provided configuration parameters [inputs]",
            {"processor_type": "inference"},
        ),
        (
            {"processors": [], "procesors": []},
            "parse_exception",
            "pipeline [embed] doesn't support one or more provided configuration parameters [procesors]",
            {},
        ),
        (
            {"processors": [{"set": {"value": 1}}]},
            "parse_exception",
            "[field] required property is missing",
            {"property_name": "field", "processor_type": "set"},
        ),
        (
            {"processors": [{"inference": {"input_output": EMBED["input_output"]}}]},
            "parse_exception",
            "[model_id] required property is missing",
            {"property_name": "model_id", "processor_type": "inference"},
        ),
        (
            {"processors": [{"set": {"field": "a", "value": "{{b}}"}}]},
            "parse_exception",
            "[value] the stand-in knows no templates, and [{{b}}] is one",
            {"property_name": "value", "processor_type": "set"},
        ),
        (
            {"processors": [{"script": {"params": {}}}]},
            "parse_exception",
            "[source] required property is missing",
            {},
        ),
        (
            {"processors": [], "on_failure": []},
            "parse_exception",
            "pipeline [embed] cannot have an empty on_failure option defined",
            {},
        ),
    ],
)
def test_a_faulty_pipeline_is_refused_when_it_is_stored(
    node: Node, *, pipeline: dict[str, Any], kind: str, reason: str, metadata: dict[str, str]
) -> None:
    answer = node.send("PUT", PATH, pipeline)
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["reason"]) == (400, kind, reason)
    assert {name: error.get(name) for name in metadata} == metadata
    missing = node.send("GET", PATH)
    assert (missing.status_code, missing.json()) == (404, {})


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("ctx.a = ;", "invalid sequence of tokens near [';']."),
        ("ctx.a = missing", "cannot resolve symbol [missing]"),
        ("double[] a = new double[2]; ctx.a = a.size()", "member method [double[], size/0] not found"),
        ("System.exit(1)", "static method [java.lang.System, exit/1] not found"),
    ],
)
def test_a_script_that_does_not_compile_is_refused_when_it_is_stored(
    node: Node, source: str, cause: str
) -> None:
    answer = node.send("PUT", PATH, {"processors": [{"script": {"source": source}}]})
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["reason"]) == (400, "script_exception", "compile error")
    assert (error["lang"], error["script"]) == ("painless", source)
    assert error["position"]["start"] <= error["position"]["offset"] <= error["position"]["end"]
    assert cause in error["caused_by"]["reason"]
    assert any("HERE" in line for line in error["script_stack"])
