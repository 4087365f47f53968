"""Everything of Elasticsearch as a stack declares it."""

import functools
from datetime import UTC, datetime
from typing import Any

from components.elasticsearch.addresses import node_embeddings_url, node_query_embeddings_url
from components.elasticsearch.cluster.component import ClusterCheck, ClusterCheckArgs
from components.elasticsearch.component import (
    Elasticsearch,
    ElasticsearchArgs,
    SearchIndex,
    SearchIndexArgs,
)
from components.elasticsearch.inputs import EmbeddingInputs
from components.elasticsearch.node.volumes import VolumeOwner
from components.platform.interface import Gateway
from components.settings import EngineSettings
from tests.unit.declared import Declared, declare, one
from tests.unit.project import stack_settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONTAINER = "docker:index/container:Container"
DYNAMIC = "pulumi-python:dynamic/elasticsearch:"
NETWORK_URL = "http://llama-server:8080/v1/embeddings"
QUERY_NETWORK_URL = "http://llama-server-queries:8080/query/v1/embeddings"
OUTSIDE_URL = "http://host.docker.internal:8080/v1/embeddings"
EXTERNAL = {"elasticsearchUrl": "https://es.test:9200", "elasticsearchApiKey": "hunter2"}
IN_CLIENT: dict[str, object] = {"elasticsearchEmbedding": "client"}


class Addresses(Gateway):
    """A gateway that is only addresses."""

    network_embeddings_url = NETWORK_URL
    network_query_embeddings_url = QUERY_NETWORK_URL
    outside_embeddings_url = OUTSIDE_URL

    def __init__(self, outside_query_embeddings_url: str = "") -> None:
        self.outside_query_embeddings_url = outside_query_embeddings_url


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
                embeddings_url=node_embeddings_url(settings.elasticsearch, Addresses()),
                query_embeddings_url=node_query_embeddings_url(settings.elasticsearch, Addresses()),
                local_embeddings_url="http://127.0.0.1:8080/v1/embeddings",
                embeddings_api_key=settings.server.api_key,
            ),
        )

    return declare(program)


def resource(declared: list[Declared], kind: str, name: str = "") -> dict[str, Any]:
    """Return the inputs of a dynamic resource."""
    return dict(one(declared, f"{DYNAMIC}{kind}", name).inputs)
