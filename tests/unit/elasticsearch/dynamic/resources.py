"""Inputs and outputs of every resource as the engine hands them over, and what a cluster holds of them."""

from collections.abc import Sequence
from typing import Any

from components.elasticsearch.dynamic.cluster_check import ClusterCheckProvider
from components.elasticsearch.dynamic.deletion_guard import DeletionGuardProvider
from components.elasticsearch.dynamic.demo_documents import ALL_PRESENT, DemoDocumentsProvider
from components.elasticsearch.dynamic.index import IndexProvider
from components.elasticsearch.dynamic.inference_endpoint import InferenceEndpointProvider
from components.elasticsearch.dynamic.ingest_pipeline import IngestPipelineProvider
from components.elasticsearch.dynamic.provider import ClusterProvider
from components.elasticsearch.errors import (
    CredentialsError,
    UnreachableError,
)
from components.elasticsearch.generations.index import build_index
from components.elasticsearch.identity import canonical
from tests.unit.elasticsearch.generations.made import WANTED
from tests.unit.elasticsearch.recording import IDENTITY, RecordedCluster

CONNECTION = {
    "url": "http://es.test:9200",
    "api_key": "",
    "user": "elastic",
    "password": "hunter2",
    "ca_certificate": "",
    "fingerprint": "",
    "schema_version": "1",
}
INDEX = {"alias": "jina-demo", "pipeline_id": "jina-embeddings", "revision": "59cfacee"}
ENDPOINT_BODY = canonical(
    {
        "dimensions": 768,
        "model_id": "m",
        "requests_per_minute": 60000,
        "similarity": "cosine",
        "url": "http://llama-server:8080/v1/embeddings",
    }
)

INPUTS: dict[type[ClusterProvider], dict[str, Any]] = {
    ClusterCheckProvider: {**INDEX, "identity": IDENTITY.as_json(), "start_trial": False},
    InferenceEndpointProvider: {
        "inference_id": "jina-local",
        "body": ENDPOINT_BODY,
        "embeddings_api_key": "hunter2",
    },
    IngestPipelineProvider: {
        "pipeline_id": "jina-embeddings",
        "inference_id": "jina-local",
        "body": canonical({"description": "d", "processors": []}),
    },
    IndexProvider: {
        **INDEX,
        "identity": IDENTITY.as_json(),
        "delete_data": "",
        "alias_state": "in place",
        # As the engine hands over an output that the program declares.
        "concrete_index": None,
    },
    DemoDocumentsProvider: {
        "alias": "jina-demo",
        "identity": IDENTITY.as_json(),
        "present": ALL_PRESENT,
    },
    DeletionGuardProvider: {"alias": "jina-demo", "delete_data": "", "scope": "index"},
}
PROVIDERS = list(INPUTS)
REPLACED_BY = {InferenceEndpointProvider: "inference_id", IngestPipelineProvider: "pipeline_id"}
"""The name of a thing in the cluster: another name is another thing."""


def inputs(kind: type[ClusterProvider], **changes: Any) -> dict[str, Any]:
    """Return the inputs of a resource as the engine hands them over."""
    return {**CONNECTION, **INPUTS[kind], "__provider": "pickled", **changes}


def outputs(kind: type[ClusterProvider], **changes: Any) -> dict[str, Any]:
    """Return the outputs that a resource has in the state."""
    computed = {IndexProvider: {"concrete_index": "i-1"}, ClusterCheckProvider: {"version": "9.5.3"}}
    return {**inputs(kind), **computed.get(kind, {}), **changes}


GONE = {
    InferenceEndpointProvider: "GET /_inference/jina-local",
    IngestPipelineProvider: "GET /_ingest/pipeline/jina-embeddings",
    IndexProvider: "GET /jina-demo",
    DemoDocumentsProvider: "GET /jina-demo",
}
UNANSWERED = UnreachableError("Nothing answers at http://es.test:9200.")
REFUSED = CredentialsError("Elasticsearch at http://es.test:9200 does not accept user elastic (401).")
IN_CLUSTER = [kind for kind in PROVIDERS if kind is not DeletionGuardProvider]
NAMES = {
    InferenceEndpointProvider: "Inference endpoint jina-local",
    IngestPipelineProvider: "Ingest pipeline jina-embeddings",
    IndexProvider: "Index jina-demo",
    DemoDocumentsProvider: "The demo documents in jina-demo",
}


def scanned(cluster: RecordedCluster, *indices: str, hits: Sequence[dict[str, Any]] = ()) -> None:
    """Have these documents be found where somebody looks for those whose embedding is not of their text."""
    cluster.answers["POST /_search"] = {"hits": {"hits": hits}}
    for index in indices:
        cluster.answers |= {f"GET /{index}": {index: build_index(WANTED)}, f"POST /{index}/_pit": {"id": "p"}}


def held(cluster: RecordedCluster, count: int, **others: int) -> None:
    """Have the cluster hold `count` documents in the index, and others in other indices."""
    cluster.answers |= {
        "GET /jina-demo": {"i-1": build_index(WANTED)},
        "GET /i-1/_count": {"count": count},
        "POST /i-1/_mget": {"docs": []},
        "GET /_resolve/index/*": {"indices": [{"name": name} for name in ("i-1", ".security-7", *others)]},
    }
    cluster.answers |= {f"GET /{name}/_count": {"count": number} for name, number in others.items()}
