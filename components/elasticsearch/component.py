"""Declares Elasticsearch and what searches by meaning: the cluster, and the index with all it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pulumi

from components.elasticsearch.declared_index import declare_guard, declare_index, embedder_inputs
from components.elasticsearch.dynamic.demo_documents import DemoDocumentsResource
from components.elasticsearch.dynamic.index import IndexResource
from components.elasticsearch.dynamic.inference_endpoint import InferenceEndpointResource
from components.elasticsearch.dynamic.ingest_pipeline import IngestPipelineResource
from components.elasticsearch.endpoints import pipeline_endpoint_id
from components.elasticsearch.identity import canonical
from components.elasticsearch.inference_endpoint import Endpoint
from components.elasticsearch.ingest_pipeline import build_pipeline
from components.elasticsearch.inputs import ConnectionInputs, SearchIndexArgs
from components.elasticsearch.node.component import ElasticsearchNode, ElasticsearchNodeArgs
from components.names import names_in
from components.platform.interface import SearchCluster

__all__ = ["Elasticsearch", "ElasticsearchArgs", "SearchIndex", "SearchIndexArgs"]

OF_PIPELINES = ("pipeline-endpoint", "full-endpoint")
NAMED = ("endpoint", "query-endpoint", "document-endpoint")
"""What the endpoints of pipelines, and those that people name, are called as resources, in the order of Endpoints."""


class ElasticsearchArgs(ElasticsearchNodeArgs):
    """What the cluster is made from: the arguments of the stack's own node, if it has one."""


class Elasticsearch(SearchCluster):
    """The cluster, whose own node is a container; its data are in volumes of the Docker engine."""

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


class SearchIndex(pulumi.ComponentResource):
    """The endpoints of pipelines, ingest pipeline, indices behind aliases, endpoints for people, and demo documents.

    They are made in this order: the endpoints that people name have the dims of the first index. `inference_id` is that
    of the one that takes texts as they come, `query_inference_id` and `document_inference_id` of those that add a
    prefix. With elasticsearchEmbedding `client` there are no endpoints and no pipeline, and their names are empty.
    `embeddings_url` and `query_embeddings_url` are what they ask, empty likewise.
    `index` is the alias that people use, `concrete_index` the generation that it points to; `indices` are the aliases
    of all indices. Nothing of them, nor of what they depend on, is deleted before each one's guard agrees: give it
    `depends_on` of the checked server.
    """

    index: str
    indices: tuple[str, ...]
    embeddings_url: str
    query_embeddings_url: str
    concrete_index: pulumi.Output[str]
    pipeline_id: pulumi.Output[str]
    inference_id: pulumi.Output[str]
    query_inference_id: pulumi.Output[str]
    document_inference_id: pulumi.Output[str]

    def __init__(self, name: str, args: SearchIndexArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:elasticsearch:SearchIndex", name, None, opts)
        self.index, self.indices = args.settings.index, args.settings.indices
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
        index, *additional = self._indices(name, args, before_index)
        guarded: list[pulumi.Resource] = [index, *additional]
        if endpoints:
            named = self._endpoints(name, args, endpoints.named(), NAMED, [index])
            self.inference_id, self.query_inference_id, self.document_inference_id = (
                one.inference_id for one in named
            )
            guarded += named
        if args.settings.demo_documents:
            guarded.append(self._demo_documents(name, args, index))
        for alias in args.settings.indices:
            declare_guard(name, args, alias, guarded, self)
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
                    "adopt": _adopted_with_first(args),
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
            "adopt": _adopted_with_first(args),
        }
        after = pulumi.ResourceOptions(parent=self, depends_on=list(endpoints))
        return IngestPipelineResource(f"{name}-pipeline", inputs, after)

    def _indices(
        self, name: str, args: SearchIndexArgs, before: Sequence[pulumi.Resource]
    ) -> list[IndexResource]:
        """Declare the indices one after another: two migrations at a time would take each other's embedding server."""
        declared: list[IndexResource] = []
        for alias in args.settings.indices:
            declared.append(declare_index(name, args, alias, [*before, *declared[-1:]], self))
        return declared

    def _demo_documents(
        self, name: str, args: SearchIndexArgs, index: IndexResource
    ) -> DemoDocumentsResource:
        inputs = {
            **args.connection.as_inputs(),
            "owner": args.owner,
            **embedder_inputs(args),
            "alias": args.settings.index,
            "identity": args.embedding.identity(args.settings),
        }
        after = pulumi.ResourceOptions(parent=self, depends_on=[index])
        return DemoDocumentsResource(f"{name}-demo-documents", inputs, after)


def _adopted_with_first(args: SearchIndexArgs) -> str:
    """Return the index with which pipeline and endpoints are adopted: only the first one brings any along."""
    return args.settings.index if args.settings.index in names_in(args.settings.adopt) else ""
