"""Inference endpoints of the service openai: what is refused, what is stored, and what reaches the model."""

from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.answers import error_of
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

PATH = "/_inference/text_embedding/embedder"
VALIDATION_FAILED = (
    "Could not complete inference endpoint creation as validation call to service threw an exception."
)


def test_a_created_endpoint_is_shown_with_defaults_and_without_its_key(
    node: Node, model: EmbeddingServer, endpoint_body: dict[str, Any]
) -> None:
    created = node.send("PUT", PATH, endpoint_body)
    assert created.status_code == 200, created.text
    assert node.send("GET", PATH).json() == {"endpoints": [created.json()]}
    assert created.json() == {
        "inference_id": "embedder",
        "task_type": "text_embedding",
        "service": "openai",
        "service_settings": {
            "model_id": "double",
            "url": model.container_url,
            "similarity": "dot_product",
            "dimensions": 8,
            "rate_limit": {"requests_per_minute": 3000},
        },
        "chunking_settings": {"strategy": "sentence", "max_chunk_size": 250, "sentence_overlap": 1},
    }
    sent = {"input": ["how big"], "model": "double", "encoding_format": "base64"}
    assert [request.body for request in model.requests] == [sent]
    assert model.requests[0].authorization == "Bearer secret"


def test_dimensions_are_sent_to_the_model_only_when_they_are_set(
    node: Node, model: EmbeddingServer, endpoint_body: dict[str, Any]
) -> None:
    endpoint_body["service_settings"]["dimensions"] = 8
    assert node.send("PUT", PATH, endpoint_body).status_code == 200
    assert model.requests[0].body["dimensions"] == 8


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        (
            {"service": None},
            "status_exception",
            "Inference endpoint configuration is missing the [service] setting",
        ),
        ({"service": "opanai"}, "status_exception", "Unknown service [opanai]"),
        (
            {"extra": 1},
            "status_exception",
            "Configuration contains settings [{extra=1}] unknown to the [openai] service",
        ),
        (
            {"service_settings.dims": 8},
            "status_exception",
            "Configuration contains settings [{dims=8}] unknown to the [openai] service",
        ),
        (
            {"service_settings.dimensions_set_by_user": True},
            "status_exception",
            "Configuration contains settings [{dimensions_set_by_user=true}] unknown to the [openai] service",
        ),
        (
            {"task_settings": {"user": "me"}},
            "status_exception",
            "Configuration contains settings [{task_settings={user=me}}] unknown to the [openai] service",
        ),
        (
            {"service_settings.model_id": None},
            "validation_exception",
            "Validation Failed: 1: [service_settings] does not contain the required setting [model_id];",
        ),
        (
            {"service_settings.model_id": None, "service_settings.api_key": None},
            "validation_exception",
            "Validation Failed: 1: [service_settings] does not contain the required setting [model_id];"
            "2: [secret_settings] does not contain the required setting [api_key];",
        ),
        (
            {"service_settings.similarity": "cos"},
            "validation_exception",
            "Validation Failed: 1: [service_settings] Invalid value [cos] received. "
            "[similarity] must be one of [cosine, dot_product, l2_norm];",
        ),
        (
            {"service_settings.dimensions": 0},
            "validation_exception",
            "Validation Failed: 1: [service_settings] Invalid value [0]. [dimensions] must be a positive integer;",
        ),
    ],
)
def test_a_faulty_definition_is_refused_before_the_model_is_asked(
    node: Node,
    model: EmbeddingServer,
    endpoint_body: dict[str, Any],
    *,
    change: dict[str, Any],
    kind: str,
    reason: str,
) -> None:
    for name, value in change.items():
        section, _, key = name.rpartition(".")
        target = endpoint_body[section] if section else endpoint_body
        if value is None:
            del target[key]
        else:
            target[key] = value
    answer = node.send("PUT", PATH, endpoint_body)
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["reason"]) == (400, kind, reason)
    assert error["root_cause"][0]["reason"] == reason
    assert model.requests == []


def test_a_vector_of_another_width_than_dimensions_is_refused(
    node: Node, model: EmbeddingServer, endpoint_body: dict[str, Any]
) -> None:
    model.cuts = False
    endpoint_body["service_settings"]["dimensions"] = 4
    answer = node.send("PUT", PATH, endpoint_body)
    error = error_of(answer)
    reason = (
        "The retrieved embeddings size [8] does not match the size specified in the settings [4]. "
        "Please recreate the [embedder] configuration with the correct dimensions"
    )
    assert (answer.status_code, error["type"], error["reason"]) == (400, "status_exception", reason)
    assert node.send("GET", PATH).status_code == 404


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (401, "Received an authentication error status code"),
        (403, "Received an unsuccessful status code"),
        (404, "Resource not found at"),
        (429, "Received a rate limit status code"),
        (502, "Received a server error status code"),
        (503, "Received a server busy error status code"),
    ],
)
def test_a_failing_model_is_the_cause_of_a_refused_definition(
    node: Node, model: EmbeddingServer, endpoint_body: dict[str, Any], status: int, cause: str
) -> None:
    model.fail(status, times=1000)
    answer = node.send("PUT", PATH, endpoint_body)
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["reason"]) == (
        400,
        "status_exception",
        VALIDATION_FAILED,
    )
    told = error["caused_by"]["reason"]
    assert told.startswith(cause)
    assert f" for request from inference entity id [embedder] status [{status}]" in told


def test_a_model_that_nobody_serves_is_the_cause_of_a_refused_definition(
    node: Node, endpoint_body: dict[str, Any]
) -> None:
    endpoint_body["service_settings"]["url"] = "http://127.0.0.1:9/v1/embeddings"
    error = error_of(node.send("PUT", PATH, endpoint_body))
    assert error["reason"] == VALIDATION_FAILED
    assert error["caused_by"]["reason"].startswith("Failed to send OpenAI embeddings request. Cause: ")


def test_a_model_that_recovers_in_time_is_asked_again(
    node: Node, model: EmbeddingServer, endpoint_body: dict[str, Any]
) -> None:
    model.fail(503, times=2)
    assert node.send("PUT", PATH, endpoint_body).status_code == 200
    assert len(model.requests) == 3


def test_a_second_definition_is_refused_after_the_model_was_asked(
    node: Node, model: EmbeddingServer, endpoint: str, endpoint_body: dict[str, Any]
) -> None:
    answer = node.send("PUT", PATH, endpoint_body)
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["reason"]) == (
        400,
        "resource_already_exists_exception",
        f"Inference endpoint [{endpoint}] already exists",
    )
    assert len(model.requests) == 2


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_missing_endpoint_is_not_found(node: Node, method: str) -> None:
    answer = node.send(method, PATH)
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["reason"]) == (
        404,
        "resource_not_found_exception",
        "Inference endpoint not found [embedder]",
    )


def test_another_task_type_than_the_stored_one_is_refused(node: Node, endpoint: str) -> None:
    answer = node.send("GET", f"/_inference/rerank/{endpoint}")
    assert answer.status_code == 400
    assert error_of(answer)["reason"] == (
        "Requested task type [rerank] does not match the inference endpoint's task type [text_embedding]"
    )


@pytest.mark.parametrize("key", ["model_id", "url", "dimensions", "similarity"])
def test_an_immutable_setting_cannot_be_updated(node: Node, endpoint: str, key: str) -> None:
    answer = node.send(
        "PUT", f"/_inference/text_embedding/{endpoint}/_update", {"service_settings": {key: "x"}}
    )
    assert answer.status_code == 400
    assert error_of(answer)["reason"] == (
        f"Configuration contains settings [{{{key}=x}}] unknown to the [openai] service"
    )


def test_a_new_key_is_tried_before_it_is_stored(node: Node, model: EmbeddingServer, endpoint: str) -> None:
    model.key = "renewed"
    update = f"/_inference/text_embedding/{endpoint}/_update"
    refused = node.send("PUT", update, {"service_settings": {"api_key": "wrong"}})
    assert (refused.status_code, error_of(refused)["reason"]) == (400, VALIDATION_FAILED)
    assert node.send("PUT", update, {"service_settings": {"api_key": "renewed"}}).status_code == 200
    assert node.send("POST", PATH, {"input": "text"}).status_code == 200


def test_an_update_that_changes_nothing_does_not_ask_the_model(
    node: Node, model: EmbeddingServer, endpoint: str
) -> None:
    asked = len(model.requests)
    body = {"service_settings": {"rate_limit": {"requests_per_minute": 3000}}}
    assert node.send("PUT", f"/_inference/text_embedding/{endpoint}/_update", body).status_code == 200
    assert len(model.requests) == asked
