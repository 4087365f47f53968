"""Ingest processors: what they leave in a document, and on which documents they fail."""

from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.answers import error_of, simulate
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer, embedding

pytestmark = pytest.mark.sandbox

PATH = "/_ingest/pipeline/embed"
EMBED = {"model_id": "embedder", "input_output": {"input_field": "content", "output_field": "vector"}}


@pytest.mark.usefixtures("endpoint")
def test_the_inference_processor_writes_the_vector_and_the_id_of_the_model(
    node: Node, model: EmbeddingServer
) -> None:
    document = simulate(node, [{"inference": EMBED}], {"content": "text"})["doc"]["_source"]
    assert document == {
        "content": "text",
        "vector": pytest.approx(embedding("text", 8), abs=1e-6),
        "model_id": "embedder",
    }
    assert model.texts[-1] == "text"


@pytest.mark.usefixtures("endpoint")
def test_the_inference_processor_appends_to_a_field_that_is_there(node: Node) -> None:
    document = simulate(node, [{"inference": EMBED}], {"content": "text", "vector": [1.0], "model_id": "old"})
    vector = document["doc"]["_source"]["vector"]
    assert vector == [1.0, pytest.approx(embedding("text", 8), abs=1e-6)]
    assert document["doc"]["_source"]["model_id"] == ["old", "embedder"]


@pytest.mark.usefixtures("endpoint")
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("ctx.vector = ctx.vector.subList(0, 2)", "dynamic method [double[], subList/2] not found"),
        ("ctx.vector = ctx.vector.size()", "dynamic method [double[], size/0] not found"),
    ],
)
def test_a_script_meets_the_vector_as_an_array_without_the_methods_of_a_list(
    node: Node, source: str, reason: str
) -> None:
    result = simulate(node, [{"inference": EMBED}, {"script": {"source": source}}], {"content": "text"})
    assert result["error"]["type"] == "script_exception"
    assert reason in result["error"]["caused_by"]["reason"]


@pytest.mark.usefixtures("endpoint")
def test_a_script_that_counts_by_length_truncates_the_vector(node: Node) -> None:
    source = "def v = new ArrayList(); for (int i = 0; i < params.n; i++) { v.add(ctx.vector[i]); } ctx.vector = v;"
    steps = [{"inference": EMBED}, {"script": {"source": source, "params": {"n": 2}}}]
    document = simulate(node, steps, {"content": "text"})["doc"]["_source"]
    assert document["vector"] == pytest.approx(embedding("text", 8)[:2], abs=1e-6)


@pytest.mark.usefixtures("endpoint")
@pytest.mark.parametrize(
    ("step", "source", "kind", "reason"),
    [
        (EMBED, {}, "illegal_argument_exception", "field [content] not present as part of path [content]"),
        (
            EMBED,
            {"content": 1},
            "illegal_argument_exception",
            "input field [content] cannot be processed because it is not a text field",
        ),
        (
            {**EMBED, "model_id": "other"},
            {"content": "text"},
            "status_exception",
            "[other] is not an inference service model or a deployed ml model",
        ),
    ],
)
def test_the_inference_processor_fails_on_a_document_it_cannot_embed(
    node: Node, *, step: dict[str, Any], source: dict[str, Any], kind: str, reason: str
) -> None:
    error = simulate(node, [{"inference": step}], source)["error"]
    assert (error["type"], error["reason"]) == (kind, reason)


@pytest.mark.usefixtures("endpoint")
@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ({"title": "t", "body": {"text": "b"}}, ["t", "b"]),
        ({"body": {"text": "b"}}, []),
        ({}, []),
    ],
)
def test_the_inputs_of_a_document_are_one_request_unless_the_first_is_missing(
    node: Node, model: EmbeddingServer, source: dict[str, Any], texts: list[str]
) -> None:
    fields = [
        {"input_field": "title", "output_field": "vectors.title"},
        {"input_field": "body.text", "output_field": "vectors.body"},
    ]
    step = {"model_id": "embedder", "input_output": fields, "ignore_missing": True}
    asked = len(model.requests)
    left = simulate(node, [{"inference": step}], source)["doc"]["_source"]
    assert [request.body["input"] for request in model.requests[asked:]] == ([texts] if texts else [])
    vectors = [left["vectors"]["title"], left["vectors"]["body"]] if texts else []
    assert vectors == [pytest.approx(embedding(text, 8), abs=1e-6) for text in texts]


@pytest.mark.usefixtures("endpoint")
def test_a_later_input_that_is_missing_is_sent_as_an_empty_text(node: Node, model: EmbeddingServer) -> None:
    fields = [
        {"input_field": "title", "output_field": "vectors.title"},
        {"input_field": "body.text", "output_field": "vectors.body"},
    ]
    step = {"model_id": "embedder", "input_output": fields, "ignore_missing": True}
    failed = simulate(node, [{"inference": step}], {"title": "t"})
    assert model.requests[-1].body["input"] == ["t", ""]
    # The server refuses an empty text, and the document fails with its words.
    assert "input[1] is empty" in failed["error"]["reason"]


@pytest.mark.parametrize(
    ("processors", "source", "left"),
    [
        ([{"set": {"field": "a", "value": [1, 2]}}], {"b": "x"}, {"a": [1, 2], "b": "x"}),
        ([{"set": {"field": "a", "value": 1, "if": "ctx.b == null"}}], {"b": 0}, {"b": 0}),
        ([{"remove": {"field": ["a", "b"], "ignore_missing": True}}], {"a": 1, "c": 2}, {"c": 2}),
        (
            [{"remove": {"field": "a", "on_failure": [{"set": {"field": "b", "value": 1}}]}}],
            {"c": 2},
            {"c": 2, "b": 1},
        ),
    ],
)
def test_the_common_processors_change_a_document(
    node: Node, processors: list[dict[str, Any]], source: dict[str, Any], left: dict[str, Any]
) -> None:
    assert simulate(node, processors, source)["doc"]["_source"] == left


@pytest.mark.usefixtures("endpoint")
def test_each_document_of_a_bulk_fails_by_itself(node: Node) -> None:
    fail = {"script": {"source": "throw new IllegalStateException('no ' + ctx.why)", "if": "ctx.why != null"}}
    assert node.send("PUT", PATH, {"processors": [fail, {"inference": EMBED}]}).ok
    lines = '{"index":{"_id":"1"}}\n{"content":"x"}\n{"index":{"_id":"2"}}\n{"why":"luck"}\n{"index":{"_id":"3"}}\n{}\n'
    headers = {"Content-Type": "application/x-ndjson"}
    answer = node.send("POST", "/documents/_bulk?pipeline=embed", data=lines, headers=headers)
    items = [item["index"] for item in answer.json()["items"]]
    assert (answer.status_code, answer.json()["errors"]) == (200, True)
    assert [item["status"] for item in items] == [201, 400, 400]
    assert items[1]["error"]["type"] == "script_exception"
    assert items[1]["error"]["caused_by"]["reason"] == "no luck"
    assert items[2]["error"]["type"] == "illegal_argument_exception"


def test_a_write_through_a_pipeline_that_is_not_there_fails(node: Node) -> None:
    answer = node.send("POST", "/documents/_doc?pipeline=none", {"a": 1})
    assert (answer.status_code, error_of(answer)["reason"]) == (400, "pipeline with id [none] does not exist")
