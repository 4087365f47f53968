"""Inference endpoints in use: what they give back, how the model's failures show, and when one can be deleted."""

import pytest

from tests.contract.sandbox.elasticsearch_node.answers import error_of
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer, embedding

pytestmark = pytest.mark.sandbox

PATH = "/_inference/text_embedding/embedder"


def test_embeddings_come_back_in_the_order_of_the_texts(node: Node, endpoint: str) -> None:
    answer = node.send("POST", f"/_inference/text_embedding/{endpoint}", {"input": ["one", "two"]})
    vectors = [item["embedding"] for item in answer.json()["text_embedding"]]
    assert vectors == [pytest.approx(embedding(text, 8), abs=1e-6) for text in ("one", "two")]


def test_an_input_type_is_refused(node: Node, endpoint: str) -> None:
    answer = node.send(
        "POST", f"/_inference/text_embedding/{endpoint}", {"input": "x", "input_type": "search"}
    )
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["reason"]) == (
        400,
        "validation_exception",
        "Validation Failed: 1: Invalid input_type [search]. "
        "The input_type option is not supported by this service;",
    )


@pytest.mark.parametrize(
    ("status", "told", "reason"),
    [
        (400, 400, "Received a bad request status code"),
        (401, 401, "Received an authentication error status code"),
        (
            429,
            429,
            "Received a rate limit status code. Token limit [unknown], remaining tokens [unknown]. "
            "Request limit [unknown], remaining requests [unknown]",
        ),
        (500, 400, "Received a server error status code"),
        (503, 400, "Received a server busy error status code"),
    ],
)
def test_a_failure_of_the_model_keeps_its_status_but_a_fault_of_the_server_becomes_a_400(
    node: Node, model: EmbeddingServer, endpoint: str, *, status: int, told: int, reason: str
) -> None:
    model.fail(status, times=1000)
    answer = node.send("POST", f"/_inference/text_embedding/{endpoint}", {"input": "x"})
    error = error_of(answer)
    assert (answer.status_code, error["type"]) == (told, "status_exception")
    assert error["reason"] == (
        f"{reason} for request from inference entity id [embedder] status [{status}]. "
        "Error message: [the double was told to fail]"
    )


def test_an_endpoint_that_a_pipeline_uses_is_deleted_only_by_force(node: Node, endpoint: str) -> None:
    step = {"input_output": {"input_field": "a", "output_field": "b"}, "model_id": endpoint}
    assert node.send("PUT", "/_ingest/pipeline/user", {"processors": [{"inference": step}]}).ok
    answer = node.send("DELETE", PATH)
    error = error_of(answer)
    reason = (
        f"Inference endpoint {endpoint} is referenced by pipelines: [user]. Ensure that no pipelines are using this "
        "inference endpoint, or use force to ignore this warning and delete the inference endpoint."
    )
    assert (answer.status_code, error["type"], error["reason"]) == (409, "status_exception", reason)
    dry = node.send("DELETE", f"{PATH}?dry_run=true")
    assert (dry.status_code, dry.json()) == (
        200,
        {"acknowledged": False, "pipelines": ["user"], "indexes": [], "error_message": reason},
    )
    forced = node.send("DELETE", f"{PATH}?force=true")
    assert (forced.status_code, forced.json()["acknowledged"]) == (200, True)
    assert node.send("GET", PATH).status_code == 404


@pytest.mark.parametrize("parameter", ["inference_id", "search_inference_id"])
def test_an_endpoint_that_a_semantic_text_names_is_deleted_only_by_force(
    node: Node, endpoint: str, parameter: str
) -> None:
    field = {"type": "semantic_text", "inference_id": "another", parameter: endpoint}
    mappings = {"properties": {"article": {"properties": {"meaning": field}}}}
    assert node.send("PUT", "/articles", {"mappings": mappings}).ok
    assert node.send("GET", "/articles/_mapping").json()["articles"]["mappings"] == mappings
    reason = (
        f" Inference endpoint {endpoint} is being used in the mapping for indexes: [articles]. Ensure that no index "
        "mappings are using this inference endpoint, or use force to ignore this warning and delete the inference "
        "endpoint."
    )
    refused = node.send("DELETE", PATH)
    assert (refused.status_code, error_of(refused)["reason"]) == (409, reason)
    assert node.send("DELETE", f"{PATH}?dry_run=true").json() == {
        "acknowledged": False,
        "pipelines": [],
        "indexes": ["articles"],
        "error_message": reason,
    }
    assert node.send("DELETE", f"{PATH}?force=true").json()["acknowledged"] is True


def test_values_and_searches_of_a_semantic_text_are_refused_by_name(node: Node) -> None:
    field = {"type": "semantic_text", "inference_id": "embedder"}
    assert node.send("PUT", "/articles", {"mappings": {"properties": {"meaning": field}}}).ok
    written = node.send("POST", "/articles/_doc", {"meaning": "a text"})
    assert written.status_code == 400
    assert error_of(written)["caused_by"]["reason"] == (
        "the stand-in knows no values of a semantic_text: meaning"
    )
    searched = node.send("POST", "/articles/_search", {"query": {"match": {"meaning": "a text"}}})
    assert searched.status_code == 400
    assert "Field [meaning] of type [semantic_text] does not support match queries" in searched.text
