"""What is declared of the index: the inputs of every resource at every number of dimensions, whoever embeds."""

import json

import pytest

from components.elasticsearch.addresses import node_embeddings_url, node_query_embeddings_url
from components.elasticsearch.ingest_pipeline import build_pipeline
from tests.unit.declared import Declared, one
from tests.unit.elasticsearch.stack import (
    CONTAINER,
    DYNAMIC,
    EXTERNAL,
    IN_CLIENT,
    NETWORK_URL,
    OUTSIDE_URL,
    QUERY_NETWORK_URL,
    Addresses,
    resource,
    stack,
)
from tests.unit.project import stack_settings

ENDPOINT = f"{DYNAMIC}InferenceEndpoint"
GATEWAY = NETWORK_URL.removesuffix("/v1/embeddings")


@pytest.mark.parametrize("name", ["elasticsearch-guard", "search-guard"])
def test_the_nodes_data_is_guarded_with_all_its_indices(name: str) -> None:
    guard = resource(stack(elasticsearchDeleteData="jina-demo"), "DeletionGuard", name)
    assert (guard["scope"], guard["alias"], guard["delete_data"]) == ("node", "jina-demo", "jina-demo")


def test_an_external_cluster_is_connected_to_and_nothing_runs() -> None:
    declared = stack(**EXTERNAL)
    assert not [item for item in declared if item.type.startswith("docker:")]
    assert not [item for item in declared if item.name == "elasticsearch-guard"]
    assert resource(declared, "DeletionGuard")["scope"] == "index"
    endpoint = resource(declared, "InferenceEndpoint", "search-endpoint")
    assert (endpoint["url"], endpoint["api_key"]) == ("https://es.test:9200", "hunter2")
    assert json.loads(endpoint["body"])["url"] == "http://host.docker.internal:8080/v1/embeddings"


@pytest.mark.parametrize(
    ("changes", "url", "query_url"),
    [
        ({}, NETWORK_URL, QUERY_NETWORK_URL),
        (EXTERNAL, OUTSIDE_URL, OUTSIDE_URL.replace("/v1", "/query/v1")),
        (
            {"elasticsearchEmbeddingsUrl": "http://10.0.0.5/v1/embeddings"},
            "http://10.0.0.5/v1/embeddings",
            "http://10.0.0.5/query/v1/embeddings",
        ),
        (
            {**EXTERNAL, "elasticsearchQueryEmbeddingsUrl": "http://gateway.test/query/v1/embeddings"},
            OUTSIDE_URL,
            "http://gateway.test/query/v1/embeddings",
        ),
    ],
)
def test_the_node_gets_addresses_of_the_gateway_that_it_reaches(
    changes: dict[str, object], url: str, query_url: str
) -> None:
    settings = stack_settings("cpu", **changes).elasticsearch
    assert node_embeddings_url(settings, Addresses()) == url
    assert node_query_embeddings_url(settings, Addresses()) == query_url


def test_queries_from_outside_have_a_host_of_their_own_where_the_platform_gives_one() -> None:
    settings = stack_settings("cpu", **EXTERNAL).elasticsearch
    queries = "http://llama-server-queries.search.svc:8080/query/v1/embeddings"
    assert node_query_embeddings_url(settings, Addresses(outside_query_embeddings_url=queries)) == queries


def endpoints(declared: list[Declared]) -> dict[str, tuple[str, str, int]]:
    """Return name, path and dims of each endpoint, by the name of its resource."""
    bodies = {
        item.name: (item.inputs["inference_id"], json.loads(item.inputs["body"]))
        for item in declared
        if item.type == ENDPOINT
    }
    return {
        name: (one, body["url"].removeprefix(GATEWAY), body["dimensions"])
        for name, (one, body) in bodies.items()
    }


@pytest.mark.parametrize(
    ("similarity", "named"),
    [("cosine", "cosine"), ("l2_norm", "l2_norm"), ("max_inner_product", "dot_product")],
)
def test_endpoints_that_people_name_have_the_similarity_of_the_index(similarity: str, named: str) -> None:
    declared = stack(elasticsearchSimilarity=similarity)
    found = {
        item.name: json.loads(item.inputs["body"])["similarity"] for item in declared if item.type == ENDPOINT
    }
    assert found == {
        "search-pipeline-endpoint": "cosine",
        "search-full-endpoint": "cosine",
        "search-endpoint": named,
        "search-query-endpoint": named,
        "search-document-endpoint": named,
    }


def test_what_embeds_is_made_before_what_uses_it_and_deleted_after() -> None:
    order = [item.name for item in stack() if item.type.startswith(DYNAMIC)]
    by_name = {item.name: item for item in stack()}
    for later, earlier in (
        ("search-pipeline", "search-pipeline-endpoint"),
        ("search-pipeline", "search-full-endpoint"),
        ("search-index", "search-pipeline"),
        ("search-endpoint", "search-index"),
        ("search-query-endpoint", "search-index"),
        ("search-document-endpoint", "search-index"),
        ("search-guard", "search-endpoint"),
        ("search-guard", "search-query-endpoint"),
        ("search-guard", "search-document-endpoint"),
    ):
        needed = {one.rpartition("::")[2] for one in by_name[later].dependencies}
        assert earlier in needed, (later, order)


@pytest.mark.parametrize("dims", [32, 64, 128, 256, 512, 768])
def test_dims_are_those_of_endpoints_pipeline_and_index(dims: int) -> None:
    declared = stack(dims=dims)
    assert endpoints(declared) == {
        "search-pipeline-endpoint": (f"jina-local-document-{dims}", "/document/v1/embeddings", dims),
        "search-full-endpoint": ("jina-local-full", "/v1/embeddings", 768),
        "search-endpoint": ("jina-local", "/v1/embeddings", dims),
        "search-query-endpoint": ("jina-local-query", QUERY_NETWORK_URL, dims),
        "search-document-endpoint": ("jina-local-document", "/document/v1/embeddings", dims),
    }
    assert json.loads(resource(declared, "IngestPipeline")["body"]) == build_pipeline(
        inference_id=f"jina-local-document-{dims}",
        model="jina-embeddings-v5-text-nano-retrieval",
        document_prefix="Document: ",
        dims=dims,
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
    assert endpoints(before) == endpoints(after)
    assert resource(before, "IngestPipeline")["body"] == resource(after, "IngestPipeline")["body"]
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
    for item in (item for item in declared if item.type in (ENDPOINT, f"{DYNAMIC}Index")):
        assert "embeddings_api_key" in item.secrets, item.name


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
