"""The inference endpoint: what is done to one that is there, and how a failed validation is explained."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from components.elasticsearch import inference_endpoint
from components.elasticsearch.client.failures import refusal
from components.elasticsearch.errors import ConflictError, ValidationError
from components.elasticsearch.inference_endpoint import Endpoint, LiveEndpoint
from tests.unit.elasticsearch.recording import CONNECTION, RecordedCluster, missing

URL = "http://llama-server:8080/v1/embeddings"
WANTED = Endpoint(model_id="m", url=URL, dimensions=768)
PATH = "/_inference/text_embedding/jina-local"
ALREADY_THERE = {"error": {"type": "resource_already_exists_exception", "reason": "already exists"}}


def live(**changes: Any) -> LiveEndpoint:
    """Return an endpoint as Elasticsearch shows it."""
    return LiveEndpoint(service="openai", task="text_embedding", endpoint=replace(WANTED, **changes))


OTHER_SERVICE = LiveEndpoint(service="elser", task="sparse_embedding", endpoint=None)


@pytest.mark.parametrize(
    ("found", "ours", "new_key", "action"),
    [
        (None, False, False, "create"),
        (None, True, False, "create"),
        (live(), True, False, "nothing"),
        (live(), True, True, "update"),
        (live(), False, True, "update"),
        (live(requests_per_minute=3000), True, False, "update"),
        (live(url="http://elsewhere/v1/embeddings"), True, False, "replace"),
        (live(model_id="n"), True, False, "replace"),
        (live(dimensions=384), True, False, "replace"),
        (live(similarity="dot_product"), True, False, "replace"),
        (OTHER_SERVICE, True, False, "replace"),
    ],
)
def test_the_plan_follows_from_what_is_there(
    found: LiveEndpoint | None, ours: bool, new_key: bool, action: str
) -> None:
    step = inference_endpoint.plan("jina-local", found, WANTED, ours=ours, new_key=new_key)
    assert step.action == action


@pytest.mark.parametrize("found", [live(dimensions=384), OTHER_SERVICE])
def test_an_endpoint_of_somebody_else_is_never_replaced(found: LiveEndpoint) -> None:
    with pytest.raises(ConflictError, match=r"jina-local already.*elasticsearchInferenceId"):
        inference_endpoint.plan("jina-local", found, WANTED, ours=False, new_key=True)


def answer(**changes: Any) -> dict[str, Any]:
    """Return the body of a GET of our endpoint."""
    settings = replace(WANTED, **changes).service_settings()
    del settings["api_key"]
    found = {
        "inference_id": "jina-local",
        "task_type": "text_embedding",
        "service": "openai",
        "service_settings": settings,
        "chunking_settings": {"strategy": "sentence"},
    }
    return {"endpoints": [found]}


@pytest.mark.parametrize(("key", "sent"), [("", "unused"), ("hunter2", "hunter2")])
def test_the_body_carries_the_models_width_and_a_key(key: str, sent: str) -> None:
    cluster = RecordedCluster({"GET /_inference/jina-local": [missing(), answer()]})
    inference_endpoint.converge(cluster, "jina-local", WANTED, key, ours=False, new_key=True)
    assert cluster.asked[1] == (
        f"PUT {PATH}",
        {
            "service": "openai",
            "service_settings": {
                "api_key": sent,
                "model_id": "m",
                "url": URL,
                "dimensions": 768,
                "similarity": "cosine",
                "rate_limit": {"requests_per_minute": 60000},
            },
        },
    )


@pytest.mark.parametrize(
    ("there", "new_key", "written"),
    [
        ([answer()], False, []),
        ([answer(), answer()], True, [f"PUT {PATH}/_update"]),
        (
            [answer(url="http://elsewhere/v1"), answer()],
            False,
            [
                "DELETE /_inference/text_embedding/jina-local-verification",
                "PUT /_inference/text_embedding/jina-local-verification",
                "DELETE /_inference/text_embedding/jina-local-verification",
                f"DELETE {PATH}?force=true",
                f"PUT {PATH}",
            ],
        ),
    ],
    ids=["as wanted", "another key", "another address, tried before the old one goes"],
)
def test_only_what_is_needed_is_written(
    there: list[dict[str, Any]], new_key: bool, written: list[str]
) -> None:
    trial = [answer(url="http://left-by-a-run-that-was-killed/v1"), answer()]
    cluster = RecordedCluster(
        {"GET /_inference/jina-local": there, "GET /_inference/jina-local-verification": trial}
    )
    inference_endpoint.converge(cluster, "jina-local", WANTED, "", ours=True, new_key=new_key)
    assert cluster.written == written


def test_an_endpoint_of_people_by_the_name_of_the_trial_is_left() -> None:
    trial = "/_inference/text_embedding/jina-local-verification"
    cluster = RecordedCluster(
        {
            "GET /_inference/jina-local": [answer(url="http://elsewhere/v1"), answer()],
            "GET /_inference/jina-local-verification": answer(requests_per_minute=3000),
            f"PUT {trial}": refusal(CONNECTION, "PUT", 400, ALREADY_THERE),
        }
    )
    inference_endpoint.converge(cluster, "jina-local", WANTED, "", ours=True, new_key=False)
    assert cluster.written == [f"PUT {trial}", f"DELETE {PATH}?force=true", f"PUT {PATH}"]


def test_an_endpoint_in_use_survives_a_successor_that_does_not_work() -> None:
    body = refused("connection refused")
    trial = "PUT /_inference/text_embedding/jina-local-verification"
    cluster = RecordedCluster(
        {
            "GET /_inference/jina-local": answer(url="http://elsewhere/v1"),
            trial: refusal(CONNECTION, trial, 400, body),
        }
    )
    with pytest.raises(ValidationError):
        inference_endpoint.converge(cluster, "jina-local", WANTED, "", ours=True, new_key=False)
    assert f"DELETE {PATH}?force=true" not in cluster.written


@pytest.mark.parametrize(
    "there", [missing(), answer(dimensions=384)], ids=["made", "made in place of another"]
)
def test_a_put_whose_first_answer_was_lost_is_taken_as_done(there: object) -> None:
    trial = "/_inference/text_embedding/jina-local-verification"
    already_there = refusal(CONNECTION, "PUT", 400, ALREADY_THERE)
    cluster = RecordedCluster(
        {
            "GET /_inference/jina-local": [there, answer()],
            f"PUT {PATH}": already_there,
            f"PUT {trial}": already_there,
        }
    )
    inference_endpoint.converge(cluster, "jina-local", WANTED, "", ours=True, new_key=True)
    assert cluster.written[-1] == f"PUT {PATH}"


def test_an_endpoint_that_somebody_made_a_moment_sooner_is_not_replaced() -> None:
    cluster = RecordedCluster(
        {
            "GET /_inference/jina-local": [missing(), answer(dimensions=384)],
            f"PUT {PATH}": refusal(CONNECTION, "PUT", 400, ALREADY_THERE),
        }
    )
    with pytest.raises(ConflictError, match=r"jina-local already"):
        inference_endpoint.converge(cluster, "jina-local", WANTED, "", ours=True, new_key=True)


def test_a_pipeline_that_uses_the_endpoint_is_named_when_it_is_not_deleted() -> None:
    error = {"error": {"type": "status_exception", "reason": "is referenced by pipelines: [p1, p2]."}}
    cluster = RecordedCluster({f"DELETE {PATH}": refusal(CONNECTION, "DELETE", 409, error)})
    with pytest.raises(ConflictError, match=r"p1, p2"):
        inference_endpoint.delete(cluster, "jina-local")
    assert cluster.written == [f"DELETE {PATH}"]


def test_what_is_read_back_compares_equal() -> None:
    found = inference_endpoint.read_live(
        RecordedCluster({"GET /_inference/jina-local": answer()}), "jina-local"
    )
    assert found is not None
    assert found.endpoint is not None
    assert asdict(found.endpoint) == asdict(WANTED)


def refused(cause: str) -> dict[str, Any]:
    """Return the body of a PUT whose validation call failed."""
    outer = "Could not complete inference endpoint creation as validation call to service threw an exception."
    return {
        "error": {
            "type": "status_exception",
            "reason": outer,
            "caused_by": {"type": "status_exception", "reason": cause},
        }
    }


@pytest.mark.parametrize(
    ("url", "cause", "advice"),
    [
        ("http://host.docker.internal:8080/v1/embeddings", "Connection refused", "published on loopback"),
        ("http://host.docker.internal:8080/v1/embeddings", "Connection refused", "http://llama-server:8080"),
        ("http://localhost:8080/v1/embeddings", "Connection refused", "localhost is the container itself"),
        ("http://127.0.0.1:8080/v1/embeddings", "Connection refused", "localhost is the container itself"),
        (URL, "llama-server: unknown host", "docker logs"),
        (URL, "Received an authentication error status code … status [401]", "serverApiKey"),
        (URL, "Received an unsuccessful status code … status [404]", "end in /v1/embeddings"),
        (URL, "Received a server error status code … status [500]", "its log says why"),
        (URL, "Received a rate limit status code … status [429]", "its log says why"),
        (URL, "The retrieved embeddings size [384] does not match the size", "modelDimensions"),
    ],
)
def test_a_failed_validation_says_what_was_tried_what_came_back_and_what_to_do(
    url: str, cause: str, advice: str
) -> None:
    cluster = RecordedCluster(
        {
            "GET /_inference/jina-local": missing(),
            f"PUT {PATH}": refusal(CONNECTION, "PUT", 400, refused(cause)),
        }
    )
    with pytest.raises(ValidationError) as raised:
        inference_endpoint.converge(
            cluster, "jina-local", replace(WANTED, url=url), "", ours=False, new_key=True
        )
    for part in (url, cause, advice):
        assert part in str(raised.value)
