"""Declares Elasticsearch and what searches by meaning: the cluster, and the index with all it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import pulumi

from components.elasticsearch.dynamic.deletion_guard import INDEX, NODE, DeletionGuardResource
from components.elasticsearch.dynamic.demo_documents import DemoDocumentsResource
from components.elasticsearch.dynamic.index import IndexResource
from components.elasticsearch.dynamic.inference_endpoint import InferenceEndpointResource
from components.elasticsearch.dynamic.ingest_pipeline import IngestPipelineResource
from components.elasticsearch.endpoints import Endpoints, pipeline_endpoint_id
from components.elasticsearch.identity import canonical
from components.elasticsearch.inference_endpoint import Endpoint
from components.elasticsearch.ingest_pipeline import build_pipeline
from components.elasticsearch.inputs import ConnectionInputs, EmbeddingInputs, default_pipeline
from components.elasticsearch.node.component import ElasticsearchNode, ElasticsearchNodeArgs
from components.settings import ElasticsearchSettings

OF_PIPELINES = ("pipeline-endpoint", "full-endpoint")
NAMED = ("endpoint", "query-endpoint", "document-endpoint")
"""What the endpoints of pipelines, and those that people name, are called as resources, in the order of Endpoints."""


class ElasticsearchArgs(ElasticsearchNodeArgs):
    """What the cluster is made from: the arguments of the stack's own node, if it has one."""


class Elasticsearch(pulumi.ComponentResource):
    """The cluster: a node of the stack's own when no address is set, else the one that is already there.

    `connection` is how this machine reaches it; `volume` and `backup_volume` are the names of the own node's volumes,
    empty where there is none.
    """

    connection: ConnectionInputs
    url: str
    volume: pulumi.Output[str]
    backup_volume: pulumi.Output[str]

    def __init__(
        self, name: str, args: ElasticsearchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("jina:elasticsearch:Elasticsearch", name, None, opts)
        self.volume = self.backup_volume = pulumi.Output.from_input("")
        if args.settings.managed:
            node = ElasticsearchNode(name, args, pulumi.ResourceOptions(parent=self))
            self.connection = node.connection
            self.volume, self.backup_volume = node.volume, node.backup_volume
        else:
            self.connection = ConnectionInputs.from_settings(args.settings)
        self.url = self.connection.url
        self.register_outputs({"url": self.url})


@dataclass(frozen=True, kw_only=True)
class SearchIndexArgs:
    """What the index needs: the embedding server's key, and addresses of it. `owner` is the stack's id.

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


class SearchIndex(pulumi.ComponentResource):
    """The endpoints of pipelines, ingest pipeline, index behind an alias, endpoints for people, and demo documents.

    They are made in this order: the endpoints that people name have the dims of the index. `inference_id` is that of
    the one that takes texts as they come, `query_inference_id` and `document_inference_id` of those that add a prefix.
    With elasticsearchEmbedding `client` there are no endpoints and no pipeline, and their names are empty.
    `embeddings_url` and `query_embeddings_url` are what they ask, empty likewise.
    `index` is the alias that people use, `concrete_index` the generation that it points to. Nothing of it, nor of
    what it depends on, is deleted before its guard agrees: give it `depends_on` of the checked server.
    """

    index: str
    embeddings_url: str
    query_embeddings_url: str
    concrete_index: pulumi.Output[str]
    pipeline_id: pulumi.Output[str]
    inference_id: pulumi.Output[str]
    query_inference_id: pulumi.Output[str]
    document_inference_id: pulumi.Output[str]

    def __init__(self, name: str, args: SearchIndexArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:elasticsearch:SearchIndex", name, None, opts)
        self.index = args.settings.index
        none = pulumi.Output.from_input("")
        self.inference_id = self.query_inference_id = self.document_inference_id = self.pipeline_id = none
        endpoints = None if args.settings.embeds_in_client else args.endpoints()
        self.embeddings_url = args.embeddings_url if endpoints else ""
        self.query_embeddings_url = args.query_embeddings_url if endpoints else ""
        before_index: list[pulumi.Resource] = []
        if endpoints:
            of_pipelines = self._endpoints(name, args, endpoints.of_pipelines(), OF_PIPELINES, [])
            pipeline = self._pipeline(name, args, of_pipelines)
            self.pipeline_id = pipeline.pipeline_id
            before_index.append(pipeline)
        index = self._index(name, args, before_index)
        guarded: list[pulumi.Resource] = [index]
        if endpoints:
            named = self._endpoints(name, args, endpoints.named(), NAMED, [index])
            self.inference_id, self.query_inference_id, self.document_inference_id = (
                one.inference_id for one in named
            )
            guarded += named
        if args.settings.demo_documents:
            guarded.append(self._demo_documents(name, args, index))
        self._guard(name, args, guarded)
        self.concrete_index = index.concrete_index
        self.register_outputs(
            {
                "index": self.index,
                "concrete_index": self.concrete_index,
                "pipeline_id": self.pipeline_id,
                "inference_id": self.inference_id,
                "query_inference_id": self.query_inference_id,
                "document_inference_id": self.document_inference_id,
            }
        )

    def _endpoints(
        self,
        name: str,
        args: SearchIndexArgs,
        endpoints: Mapping[str, Endpoint],
        kinds: Sequence[str],
        after: Sequence[pulumi.Resource],
    ) -> list[InferenceEndpointResource]:
        return [
            InferenceEndpointResource(
                f"{name}-{kind}",
                {
                    **args.connection.as_inputs(),
                    "owner": args.owner,
                    "inference_id": inference_id,
                    "family": args.settings.inference_id,
                    "body": canonical(asdict(wanted)),
                    "adopt": args.settings.adopt,
                    "embeddings_api_key": pulumi.Output.secret(args.embeddings_api_key),
                },
                pulumi.ResourceOptions(parent=self, depends_on=list(after)),
            )
            for kind, (inference_id, wanted) in zip(kinds, endpoints.items(), strict=True)
        ]

    def _pipeline(
        self, name: str, args: SearchIndexArgs, endpoints: Sequence[InferenceEndpointResource]
    ) -> IngestPipelineResource:
        model = args.embedding.model

        def body(owner: str) -> str:
            built = build_pipeline(
                inference_id=pipeline_endpoint_id(args.settings.inference_id, args.embedding.dims),
                model=model.name,
                document_prefix=model.document_prefix,
                dims=args.embedding.dims,
                owner=owner,
            )
            return canonical(built)

        inputs = {
            **args.connection.as_inputs(),
            "owner": args.owner,
            "pipeline_id": args.settings.pipeline_id,
            "inference_id": args.settings.inference_id,
            "body": pulumi.Output.from_input(args.owner).apply(body),
            "adopt": args.settings.adopt,
        }
        after = pulumi.ResourceOptions(parent=self, depends_on=list(endpoints))
        return IngestPipelineResource(f"{name}-pipeline", inputs, after)

    def _index(self, name: str, args: SearchIndexArgs, before: list[pulumi.Resource]) -> IndexResource:
        inputs = {
            **args.connection.as_inputs(),
            "owner": args.owner,
            **_embeds(args),
            "alias": args.settings.index,
            "pipeline_id": default_pipeline(args.settings),
            "identity": args.embedding.identity(args.settings),
            "revision": args.embedding.revision,
            "keep_generations": args.settings.keep_generations,
            "adopt": args.settings.adopt,
            "delete_data": args.settings.delete_data,
        }
        after = pulumi.ResourceOptions(parent=self, depends_on=before)
        return IndexResource(f"{name}-index", inputs, after)

    def _demo_documents(
        self, name: str, args: SearchIndexArgs, index: IndexResource
    ) -> DemoDocumentsResource:
        inputs = {
            **args.connection.as_inputs(),
            "owner": args.owner,
            **_embedder(args),
            "alias": args.settings.index,
            "identity": args.embedding.identity(args.settings),
        }
        after = pulumi.ResourceOptions(parent=self, depends_on=[index])
        return DemoDocumentsResource(f"{name}-demo-documents", inputs, after)

    def _guard(self, name: str, args: SearchIndexArgs, guarded: list[pulumi.Resource]) -> None:
        inputs = {
            **args.connection.as_inputs(),
            "owner": args.owner,
            "alias": args.settings.index,
            "delete_data": args.settings.delete_data,
            # The stack's own node is deleted with its volume, so documents in its other indices count from the start.
            "scope": NODE if args.settings.managed else INDEX,
        }
        DeletionGuardResource(
            f"{name}-guard", inputs, pulumi.ResourceOptions(parent=self, depends_on=guarded)
        )


def _embeds(args: SearchIndexArgs) -> dict[str, pulumi.Input[str]]:
    """Return the inputs of the index that say what embeds its documents."""
    if args.settings.embeds_in_client:
        return _embedder(args)
    key = pulumi.Output.secret(args.embeddings_api_key)
    return {"endpoints": args.endpoints().as_json(), "embeddings_api_key": key}


def _embedder(args: SearchIndexArgs) -> dict[str, pulumi.Input[str]]:
    if not args.settings.embeds_in_client:
        return {}
    return args.embedding.embedder(args.local_embeddings_url, args.embeddings_api_key)
