"""What the components declare: the node's container, and the inputs of every resource at every number of dimensions."""

import functools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pulumi.runtime.mocks import MockResourceArgs

from components.elasticsearch.cluster.component import ClusterCheck, ClusterCheckArgs
from components.elasticsearch.component import (
    Elasticsearch,
    ElasticsearchArgs,
    SearchIndex,
    SearchIndexArgs,
    node_embeddings_url,
)
from components.elasticsearch.ingest_pipeline import build_pipeline
from components.elasticsearch.inputs import EmbeddingInputs
from components.elasticsearch.node.volumes import VolumeOwner
from components.settings import EngineSettings
from tests.unit.declared import Declared, RecordingMocks, declare, one
from tests.unit.project import stack_settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONTAINER = "docker:index/container:Container"
DYNAMIC = "pulumi-python:dynamic/elasticsearch:"
NETWORK_URL = "http://llama-server:8080/v1/embeddings"
EXTERNAL = {"elasticsearchUrl": "https://es.test:9200", "elasticsearchApiKey": "hunter2"}


@functools.cache
def stack(**changes: object) -> list[Declared]:
    """Declare everything of Elasticsearch for a stack, once for each set of changes."""
    settings = stack_settings("cpu", **changes)

    def program() -> None:
        cluster = Elasticsearch(
            "elasticsearch",
            ElasticsearchArgs(
                container_name="jina-search-test-elasticsearch",
                volumes=VolumeOwner(stack_id="jina-search-test-0a1b2c", chosen="stackId" in changes),
                network="jina-search-test",
                engine=EngineSettings(),
                settings=settings.elasticsearch,
            ),
        )
        embedding = EmbeddingInputs(
            model=settings.model,
            quant=settings.quant,
            dims=settings.dims,
            sha256="a" * 64,
            revision="59cfacee",
        )
        ClusterCheck(
            "cluster",
            ClusterCheckArgs(
                now=NOW,
                owner="jina-search-test-0a1b2c",
                connection=cluster.connection,
                settings=settings.elasticsearch,
                embedding=embedding,
            ),
        )
        SearchIndex(
            "search",
            SearchIndexArgs(
                owner="jina-search-test-0a1b2c",
                connection=cluster.connection,
                settings=settings.elasticsearch,
                embedding=embedding,
                embeddings_url=node_embeddings_url(settings.elasticsearch, NETWORK_URL, settings.server.port),
                local_embeddings_url="http://127.0.0.1:8080/v1/embeddings",
                embeddings_api_key=settings.server.api_key,
            ),
        )

    return declare(program)


def resource(declared: list[Declared], kind: str, name: str = "") -> dict[str, Any]:
    """Return the inputs of a dynamic resource."""
    return dict(one(declared, f"{DYNAMIC}{kind}", name).inputs)


def test_the_node_has_security_a_trial_license_and_its_heap() -> None:
    declared = one(stack(elasticsearchHeap=512, elasticsearchMemory=2048), CONTAINER)
    environment = dict(entry.split("=", 1) for entry in declared.inputs["envs"])
    assert environment == {
        "ELASTIC_PASSWORD_FILE": "/run/secrets/stack/said by elasticsearch-password-file",
        "discovery.type": "single-node",
        "path.repo": "/usr/share/elasticsearch/backups",
        "xpack.security.enabled": "true",
        "xpack.security.http.ssl.enabled": "false",
        "xpack.license.self_generated.type": "trial",
        "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
        "cluster.routing.allocation.disk.watermark.low": "1gb",
        "cluster.routing.allocation.disk.watermark.high": "1gb",
        "cluster.routing.allocation.disk.watermark.flood_stage": "1gb",
    }
    assert declared.secrets == set()
    assert declared.inputs["memory"] == 2048


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "jina-search-test-elasticsearch"),
        ("user", "1000:0"),
        ("ports", [{"internal": 9200, "external": 9201, "ip": "127.0.0.1"}]),
        (
            "mounts",
            [
                {
                    "type": "volume",
                    "source": "jina-search-test-0a1b2c-elasticsearch-data",
                    "target": "/usr/share/elasticsearch/data",
                },
                {
                    "type": "volume",
                    "source": "jina-search-test-0a1b2c-elasticsearch-backups",
                    "target": "/usr/share/elasticsearch/backups",
                },
                {
                    "type": "volume",
                    "source": "jina-search-test-elasticsearch-password",
                    "target": "/run/secrets/stack",
                    "readOnly": True,
                },
            ],
        ),
        ("networkMode", "bridge"),
        ("networksAdvanced", [{"name": "jina-search-test", "aliases": ["elasticsearch"]}]),
        ("hosts", [{"host": "host.docker.internal", "ip": "host-gateway"}]),
        ("capabilities", {"drops": ["ALL"]}),
        ("securityOpts", ["no-new-privileges"]),
        ("restart", "unless-stopped"),
        ("mustRun", True),
        ("wait", False),
        ("destroyGraceSeconds", 60),
        ("logDriver", "json-file"),
        ("logOpts", {"max-size": "10m", "max-file": "3"}),
    ],
)
def test_the_nodes_container_is_exactly_this(key: str, value: object) -> None:
    assert one(stack(elasticsearchPort=9201), CONTAINER).inputs[key] == value


def test_the_node_is_ready_when_it_answers_or_asks_who_asks() -> None:
    health = one(stack(), CONTAINER).inputs["healthcheck"]
    assert health["tests"][:3] == ["CMD", "bash", "-c"]
    for part in ("/dev/tcp/127.0.0.1/9200", "' 200 '", "' 401 '"):
        assert part in health["tests"][3]
    assert health["startPeriod"] == "3m0s"


def test_the_image_is_kept_and_the_container_runs_what_was_pulled() -> None:
    declared = stack(elasticsearchImage="elasticsearch:9.9.9")
    image = one(declared, "docker:index/remoteImage:RemoteImage")
    assert image.inputs == {"name": "elasticsearch:9.9.9", "keepLocally": True}
    assert one(declared, CONTAINER).inputs["image"].startswith("sha256:pulled-")


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


IN_CLIENT: dict[str, object] = {"elasticsearchEmbedding": "client"}


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


@pytest.mark.parametrize(
    ("expires", "level", "told"),
    [
        ("2026-01-31T00:00:00+00:00", "info", "lasts 30 more days"),
        ("2026-01-04T00:00:00+00:00", "warn", "lasts 3 more days"),
        ("2025-12-31T00:00:00+00:00", "warn", "ended on 2025-12-31"),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_every_update_and_preview_says_how_long_the_license_lasts(
    monkeypatch: pytest.MonkeyPatch, expires: str | None, level: str, told: str
) -> None:
    lines: list[tuple[str, str]] = []
    for name in ("info", "warn"):
        monkeypatch.setattr(f"pulumi.log.{name}", lambda text, _, name=name: lines.append((name, text)))
    made = RecordingMocks.new_resource

    def known(mocks: RecordingMocks, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        id_, outputs = made(mocks, args)
        if args.typ == f"{DYNAMIC}ClusterCheck":
            outputs |= {"licence": "trial", "licence_expires": expires}
        return id_, outputs

    monkeypatch.setattr(RecordingMocks, "new_resource", known)
    stack.__wrapped__()
    assert [name for name, _ in lines] == ([level] if level else [])
    assert all(told in text for _, text in lines)
