"""The inference endpoint as a resource."""

import json

from components.elasticsearch.dynamic.inference_endpoint import InferenceEndpointProvider
from tests.unit.elasticsearch.dynamic.resources import (
    ENDPOINT_BODY,
    inputs,
    outputs,
)
from tests.unit.elasticsearch.recording import RecordedCluster


def test_a_new_key_of_the_server_is_written_to_the_endpoint(cluster: RecordedCluster) -> None:
    kind = InferenceEndpointProvider
    settings = json.loads(ENDPOINT_BODY)
    limit = {"requests_per_minute": settings.pop("requests_per_minute")}
    found = {"service": "openai", "task_type": "text_embedding"}
    endpoint = {**found, "service_settings": {**settings, "rate_limit": limit}}
    cluster.answers["GET /_inference/jina-local"] = {"endpoints": [endpoint]}
    kind().update("id", outputs(kind), inputs(kind, embeddings_api_key="new"))
    assert cluster.written == ["PUT /_inference/text_embedding/jina-local/_update"]
    assert cluster.asked[-2][1]["service_settings"]["api_key"] == "new"
