"""What the components of this folder pass to each other: connections and identities as Pulumi inputs."""

from dataclasses import dataclass
from typing import Any

import pulumi

from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.endpoints import Endpoints
from components.elasticsearch.fields import NO_PIPELINE
from components.elasticsearch.identity import Identity
from components.settings import ElasticsearchSettings, ModelSettings


@dataclass(frozen=True, kw_only=True)
class ConnectionInputs:
    """How to reach a cluster, as inputs of resources; `api_key` and `password` are secret. See Connection.

    `managed` says that the cluster is the stack's own node, `cluster_uuid` which cluster it is: with another one, say
    after it lost its data, everything in it has to be made again. It is empty for an external cluster.
    """

    url: str
    api_key: pulumi.Input[str]
    user: str
    password: pulumi.Input[str]
    ca_certificate: str
    fingerprint: str
    managed: bool = False
    cluster_uuid: pulumi.Input[str] = ""

    @classmethod
    def from_settings(cls, settings: ElasticsearchSettings) -> "ConnectionInputs":
        """Return the connection to a cluster that is already there."""
        return cls(
            url=settings.url,
            api_key=pulumi.Output.secret(settings.api_key),
            user=settings.user,
            password=pulumi.Output.secret(settings.password),
            ca_certificate=settings.ca_certificate,
            fingerprint=settings.fingerprint,
        )

    def as_inputs(self) -> dict[str, pulumi.Input[Any]]:
        """Return the inputs by their names."""
        return {
            "url": self.url,
            "api_key": self.api_key,
            "user": self.user,
            "password": self.password,
            "ca_certificate": self.ca_certificate,
            "fingerprint": self.fingerprint,
            "managed": self.managed,
            "cluster_uuid": self.cluster_uuid,
        }


@dataclass(frozen=True, kw_only=True)
class EmbeddingInputs:
    """How documents are embedded: the model, and the content (`sha256`) and commit (`revision`) of its file."""

    model: ModelSettings
    quant: str
    dims: int
    sha256: pulumi.Input[str]
    revision: pulumi.Input[str]

    def identity(self, settings: ElasticsearchSettings) -> pulumi.Output[str]:
        """Return the Identity of the index as JSON, unknown only as long as the model's file is."""
        return pulumi.Output.from_input(self.sha256).apply(
            lambda sha256: Identity(
                dims=self.dims,
                quant=self.quant,
                model=self.model.name,
                sha256=sha256,
                width=self.model.dimensions,
                pooling=self.model.pooling,
                document_prefix=self.model.document_prefix,
                similarity=settings.similarity,
                index_options=settings.index_options,
            ).as_json()
        )

    def endpoints(self, settings: ElasticsearchSettings, url: str, query_url: str) -> Endpoints:
        """Return the endpoints by which Elasticsearch embeds; see Endpoints for the two addresses."""
        return Endpoints(
            inference_id=settings.inference_id,
            url=url,
            query_url=query_url,
            model=self.model.name,
            width=self.model.dimensions,
            dims=self.dims,
            similarity=settings.similarity,
        )

    def embedder(self, url: str, api_key: str) -> dict[str, pulumi.Input[str]]:
        """Return the inputs of a resource that embeds documents itself; `url` is as this machine reaches it."""
        embedder = Embedder(
            url=url,
            model=self.model.name,
            dims=self.dims,
        )
        return {"embedder": embedder.as_json(), "embeddings_api_key": pulumi.Output.secret(api_key)}


@dataclass(frozen=True, kw_only=True)
class SearchIndexArgs:
    """What the indices need: the embedding server's key, and addresses of it. `owner` is the stack's id.

    `embeddings_url` and `query_embeddings_url` are as Elasticsearch reaches it (`node_embeddings_url`,
    `node_query_embeddings_url`), `local_embeddings_url` as this machine does, which alone is used with
    elasticsearchEmbedding `client`.
    """

    owner: pulumi.Input[str]
    connection: ConnectionInputs
    settings: ElasticsearchSettings
    embedding: EmbeddingInputs
    embeddings_url: str
    query_embeddings_url: str
    local_embeddings_url: str
    embeddings_api_key: str

    def endpoints(self) -> Endpoints:
        """Return the endpoints by which Elasticsearch embeds."""
        return self.embedding.endpoints(self.settings, self.embeddings_url, self.query_embeddings_url)


def default_pipeline(settings: ElasticsearchSettings) -> str:
    """Return the pipeline by which the index embeds: none where documents come with their vectors."""
    return NO_PIPELINE if settings.embeds_in_client else settings.pipeline_id


def index_inputs(settings: ElasticsearchSettings, alias: str = "") -> dict[str, pulumi.Input[Any]]:
    """Return the inputs that name an index, the first unless it is another, and its siblings.

    Without siblings there is no input for them: in the state of a stack with one index there never was.
    """
    alias = alias or settings.index
    siblings = [one for one in settings.indices if one != alias]
    return {"alias": alias, **({"siblings": siblings} if siblings else {})}
