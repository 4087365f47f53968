"""What is declared of the index: the inputs of every resource at every number of dimensions, whoever embeds."""

import json

import pytest

from components.elasticsearch.component import (
    node_embeddings_url,
)
from components.elasticsearch.ingest_pipeline import build_pipeline
from tests.unit.declared import Declared, one
from tests.unit.elasticsearch.stack import (
    CONTAINER,
    DYNAMIC,
    EXTERNAL,
    IN_CLIENT,
    NETWORK_URL,
    resource,
    stack,
)
from tests.unit.project import stack_settings


@pytest.mark.parametrize("name", ["elasticsearch-guard", "search-guard"])
def test_the_nodes_data_is_guarded_with_all_its_indices(name: str) -> None:
    guard = resource(stack(elasticsearchDeleteData="jina-demo"), "DeletionGuard", name)
    assert (guard["scope"], guard["alias"], guard["delete_data"]) == ("node", "jina-demo", "jina-demo")


def test_an_external_cluster_is_connected_to_and_nothing_runs() -> None:
    declared = stack(**EXTERNAL)
    assert not [item for item in declared if item.type.startswith("docker:")]
    assert not [item for item in declared if item.name == "elasticsearch-guard"]
    assert resource(declared, "DeletionGuard")["scope"] == "index"
    endpoint = resource(declared, "InferenceEndpoint")
    assert (endpoint["url"], endpoint["api_key"]) == ("https://es.test:9200", "hunter2")
    assert json.loads(endpoint["body"])["url"] == "http://host.docker.internal:8080/v1/embeddings"


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, NETWORK_URL),
        ({**EXTERNAL, "serverPort": 8181}, "http://host.docker.internal:8181/v1/embeddings"),
        (
            {"elasticsearchEmbeddingsUrl": "http://10.0.0.5/v1/embeddings"},
            "http://10.0.0.5/v1/embeddings",
        ),
    ],
)
def test_the_node_gets_an_address_of_the_server_that_it_reaches(changes: dict[str, object], url: str) -> None:
    settings = stack_settings("cpu", **changes)
    assert node_embeddings_url(settings.elasticsearch, NETWORK_URL, settings.server.port) == url


@pytest.mark.parametrize("dims", [32, 64, 128, 256, 512, 768])
def test_dims_are_those_of_pipeline_and_index_and_never_of_the_endpoint(dims: int) -> None:
    declared = stack(dims=dims)
    assert json.loads(resource(declared, "InferenceEndpoint")["body"]) == {
        "model_id": "jina-embeddings-v5-text-nano-retrieval",
        "url": NETWORK_URL,
        "dimensions": 768,
        "similarity": "cosine",
        "requests_per_minute": 60000,
    }
    assert json.loads(resource(declared, "IngestPipeline")["body"]) == build_pipeline(
        inference_id="jina-local",
        model="jina-embeddings-v5-text-nano-retrieval",
        document_prefix="Document: ",
        dims=dims,
        width=768,
        owner="jina-search-test-0a1b2c",
    )
    index = resource(declared, "Index")
    assert json.loads(index["identity"]) == {
        "dims": dims,
        "quant": "F16",
        "model": "jina-embeddings-v5-text-nano-retrieval",
        "sha256": "a" * 64,
        "width": 768,
        "pooling": "last",
        "document_prefix": "Document: ",
        "similarity": "cosine",
        "index_options": "int8_hnsw",
    }
    for kind in ("ClusterCheck", "DemoDocuments"):
        assert resource(declared, kind)["identity"] == index["identity"]


def test_another_quantisation_leaves_endpoint_and_pipeline_as_they_are() -> None:
    before, after = stack(quant="F16"), stack(quant="Q4_K_M")
    for kind in ("InferenceEndpoint", "IngestPipeline"):
        assert resource(before, kind)["body"] == resource(after, kind)["body"]
    assert resource(before, "Index")["identity"] != resource(after, "Index")["identity"]


def test_demo_documents_are_declared_unless_they_are_switched_off() -> None:
    def found(declared: list[Declared]) -> int:
        return len([item for item in declared if item.type == f"{DYNAMIC}DemoDocuments"])

    assert (found(stack()), found(stack(demoDocuments=False))) == (1, 0)


@pytest.mark.parametrize("changes", [{}, {**EXTERNAL, "serverApiKey": "hunter2"}])
def test_credentials_are_secret_in_every_resource(changes: dict[str, object]) -> None:
    declared = [item for item in stack(**changes) if item.type.startswith(DYNAMIC)]
    for item in declared:
        if "api_key" in item.inputs:
            assert {"api_key", "password"} <= item.secrets, item.name
    endpoint = one(declared, f"{DYNAMIC}InferenceEndpoint")
    assert "embeddings_api_key" in endpoint.secrets


def test_every_resource_states_the_version_of_its_schema() -> None:
    for item in stack():
        if item.type.startswith(DYNAMIC):
            assert item.inputs["schema_version"] == "1", item.name


def test_in_the_client_neither_endpoint_nor_pipeline_is_declared() -> None:
    kinds = [item.type.removeprefix(DYNAMIC) for item in stack(**IN_CLIENT) if item.type.startswith(DYNAMIC)]
    assert sorted(kinds) == [
        "ClusterCheck",
        "DeletionGuard",
        "DeletionGuard",
        "DemoDocuments",
        "Index",
        "Password",
        "Superuser",
    ]


@pytest.mark.parametrize("kind", ["Index", "DemoDocuments"])
def test_in_the_client_documents_are_embedded_at_the_address_that_this_machine_reaches(kind: str) -> None:
    declared = stack(**IN_CLIENT, dims=256, serverApiKey="hunter2")
    item = one(declared, f"{DYNAMIC}{kind}")
    assert json.loads(item.inputs["embedder"]) == {
        "url": "http://127.0.0.1:8080/v1/embeddings",
        "model": "jina-embeddings-v5-text-nano-retrieval",
        "document_prefix": "Document: ",
        "query_prefix": "Query: ",
        "width": 768,
        "dims": 256,
    }
    assert "embeddings_api_key" in item.secrets
    assert "embedder" not in one(stack(), f"{DYNAMIC}{kind}").inputs


@pytest.mark.parametrize(
    ("changes", "pipeline", "needs_inference", "license"),
    [({}, "jina-embeddings", True, "trial"), (IN_CLIENT, "_none", False, "basic")],
)
def test_who_embeds_decides_pipeline_and_license_and_never_the_identity(
    changes: dict[str, object], pipeline: str, needs_inference: bool, license: str
) -> None:
    declared = stack(**changes)
    index, check = resource(declared, "Index"), resource(declared, "ClusterCheck")
    assert (index["pipeline_id"], check["pipeline_id"]) == (pipeline, pipeline)
    assert check["needs_inference"] is needs_inference
    assert index["identity"] == resource(stack(), "Index")["identity"]
    assert f"xpack.license.self_generated.type={license}" in one(declared, CONTAINER).inputs["envs"]
