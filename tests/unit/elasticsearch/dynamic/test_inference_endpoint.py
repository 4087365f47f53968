"""The inference endpoint as a resource."""

import json
from typing import Any

from components.elasticsearch.dynamic.inference_endpoint import InferenceEndpointProvider
from tests.unit.elasticsearch.dynamic.resources import (
    ENDPOINT_BODY,
    inputs,
    outputs,
)
from tests.unit.elasticsearch.recording import RecordedCluster


def answer() -> dict[str, Any]:
    """Return the body of a GET of our endpoint."""
    settings = json.loads(ENDPOINT_BODY)
    limit = {"requests_per_minute": settings.pop("requests_per_minute")}
    found = {"service": "openai", "task_type": "text_embedding"}
    return {"endpoints": [{**found, "service_settings": {**settings, "rate_limit": limit}}]}


def test_a_new_key_of_the_server_is_written_to_the_endpoint(cluster: RecordedCluster) -> None:
    kind = InferenceEndpointProvider
    cluster.answers["GET /_inference/jina-local"] = answer()
    kind().update("id", outputs(kind), inputs(kind, embeddings_api_key="new"))
    assert cluster.written == ["PUT /_inference/text_embedding/jina-local/_update"]
    assert cluster.asked[-2][1]["service_settings"]["api_key"] == "new"


def test_the_trial_of_an_update_that_was_killed_goes_with_the_endpoint(cluster: RecordedCluster) -> None:
    cluster.answers["GET /_inference/jina-local-verification"] = answer()
    InferenceEndpointProvider().delete("id", outputs(InferenceEndpointProvider))
    assert cluster.written == [
        f"DELETE /_inference/text_embedding/jina-local{name}" for name in ("-verification", "")
    ]
