"""Runs the dynamic providers as Pulumi's engine does: check, diff against the state, then create, update or delete."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pulumi.output import UNKNOWN

from components.elasticsearch.client.connection import Connection
from components.elasticsearch.dynamic.cluster_check import ClusterCheckProvider
from components.elasticsearch.dynamic.deletion_guard import DeletionGuardProvider
from components.elasticsearch.dynamic.demo_documents import ALL_PRESENT, DemoDocumentsProvider
from components.elasticsearch.dynamic.index import IN_PLACE, IndexProvider
from components.elasticsearch.dynamic.inference_endpoint import InferenceEndpointProvider
from components.elasticsearch.dynamic.ingest_pipeline import IngestPipelineProvider
from components.elasticsearch.dynamic.provider import ClusterProvider
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.endpoints import Endpoints, pipeline_endpoint_id
from components.elasticsearch.identity import Identity, canonical
from components.elasticsearch.inference_endpoint import Endpoint
from components.elasticsearch.ingest_pipeline import build_pipeline
from components.names import names_in
from tests.fixtures.embedding_server import EmbeddingServer

WIDTH = 768
ALIAS = "jina-demo"
OTHER = "jina-search-other-3d4e5f"
ENDPOINTS = ["endpoint", "query endpoint", "document endpoint"]
EVERYTHING = [
    "check",
    "pipeline endpoint",
    "full endpoint",
    "pipeline",
    "index",
    *ENDPOINTS,
    "documents",
    "guard",
]

PROVIDERS: dict[str, ClusterProvider] = {
    "node guard": DeletionGuardProvider(),
    "check": ClusterCheckProvider(),
    "pipeline endpoint": InferenceEndpointProvider(),
    "full endpoint": InferenceEndpointProvider(),
    "pipeline": IngestPipelineProvider(),
    "index": IndexProvider(),
    "endpoint": InferenceEndpointProvider(),
    "query endpoint": InferenceEndpointProvider(),
    "document endpoint": InferenceEndpointProvider(),
    "documents": DemoDocumentsProvider(),
    "guard": DeletionGuardProvider(),
}
"""In the order in which the program declares them; a destroy goes the other way.

Those of additional indices have the alias behind the name: "index tickets", "guard tickets".
"""


def provider_of(name: str) -> ClusterProvider:
    """Return the provider of a resource."""
    return PROVIDERS[kind_of(name)]


def kind_of(name: str) -> str:
    """Return the name of a resource without the alias of an additional index."""
    return name if name in PROVIDERS else name.split(maxsplit=1)[0]


def ordered(names: Iterable[str]) -> list[str]:
    """Return the names of resources in the order in which the program declares them."""
    kinds = list(PROVIDERS)
    return sorted(names, key=lambda name: kinds.index(kind_of(name)))


@dataclass(kw_only=True)
class Wanted:
    """The settings of a stack that concern Elasticsearch."""

    connection: Connection
    embeddings_url: str
    gateway: EmbeddingServer | None
    """None in a process of its own, which cannot reach the double: the test starts it there beforehand."""
    owner: str = "jina-search-test-0a1b2c"
    embeddings_api_key: str = ""
    model: str = "m"
    dims: int = WIDTH
    quant: str = "F16"
    sha256: str = "a" * 64
    revision: str = "59cfaceeeb7d"
    pooling: str = "last"
    document_prefix: str = "Document: "
    similarity: str = "cosine"
    index_options: str = "int8_hnsw"
    alias: str = ALIAS
    additional: tuple[str, ...] = ()
    inference_id: str = "jina-local"
    pipeline_id: str = "jina-embeddings"
    keep_generations: int = 1
    adopt: str = ""
    delete_data: str = ""
    start_trial: bool = False
    managed: bool = False
    """The cluster is the stack's own node, which has a guard too."""
    demo_documents: bool = True
    local_embeddings_url: str = ""
    """Set: documents are embedded in the client, and Elasticsearch has no endpoint and no pipeline."""

    def start_gateway(self) -> None:
        """Have the gateway put this stack's prefix before texts.

        The double knows no meaning: so that a query finds the document with the same text, both get the same prefix.
        """
        if self.gateway is not None:
            self.gateway.prefixes = {"query": self.document_prefix, "document": self.document_prefix}

    def embedder(self) -> Embedder:
        """Return the embedder that embeds documents in the client."""
        return Embedder(
            url=self.local_embeddings_url,
            model=self.model,
            dims=self.dims,
        )

    def endpoints(self) -> Endpoints:
        """Return the endpoints by which Elasticsearch embeds."""
        return Endpoints(
            inference_id=self.inference_id,
            url=self.embeddings_url,
            model=self.model,
            width=WIDTH,
            dims=self.dims,
            similarity=self.similarity,
        )

    def identity(self) -> Identity:
        """Return the identity of the index."""
        return Identity(
            dims=self.dims,
            quant=self.quant,
            model=self.model,
            sha256=self.sha256,
            width=WIDTH,
            pooling=self.pooling,
            document_prefix=self.document_prefix,
            similarity=self.similarity,
            index_options=self.index_options,
        )

    def inputs(self) -> dict[str, dict[str, Any]]:
        """Return the inputs of each resource."""
        identity = self.identity().as_json()
        in_client = bool(self.local_embeddings_url)
        pipeline_id = "_none" if in_client else self.pipeline_id
        index = {**self.named(self.alias), "pipeline_id": pipeline_id, "revision": self.revision}
        endpoints = self.endpoints()
        pipeline = build_pipeline(
            inference_id=pipeline_endpoint_id(self.inference_id, self.dims),
            model=self.model,
            document_prefix=self.document_prefix,
            dims=self.dims,
            owner=self.owner,
        )
        guard = {**self.named(self.alias), "delete_data": self.delete_data}
        specific: dict[str, dict[str, Any]] = {
            "check": {
                **index,
                "inference_id": "" if in_client else self.inference_id,
                "identity": identity,
                "dims": self.dims,
                "start_trial": self.start_trial,
                "needs_inference": not in_client,
                "adopt": self.adopt,
            },
            **self._endpoint_inputs(["pipeline endpoint", "full endpoint"], endpoints.of_pipelines()),
            "pipeline": {
                "pipeline_id": self.pipeline_id,
                "inference_id": self.inference_id,
                "body": canonical(pipeline),
                "adopt": self.adopted_with_first,
            },
            "index": {
                **index,
                "identity": identity,
                "keep_generations": float(self.keep_generations),
                "adopt": self.adopt,
                "delete_data": self.delete_data,
                "alias_state": IN_PLACE,
                "endpoints": endpoints.as_json(),
                "embeddings_api_key": self.embeddings_api_key,
            },
            **self._endpoint_inputs(ENDPOINTS, endpoints.named()),
            "documents": {"alias": self.alias, "identity": identity, "present": ALL_PRESENT},
            "guard": {**guard, "scope": "node" if self.managed else "index"},
        }
        if self.managed:
            specific = {"node guard": {**guard, "scope": "node"}, **specific}
        if in_client:
            for name in ("pipeline endpoint", "full endpoint", "pipeline", *ENDPOINTS):
                del specific[name]
            del specific["index"]["endpoints"]
            own = {"embedder": self.embedder().as_json(), "embeddings_api_key": self.embeddings_api_key}
            specific["index"] |= own
            specific["documents"] |= own
        if not self.demo_documents:
            del specific["documents"]
        for alias in self.additional:
            further = {**self.named(alias), "moves_endpoints": False}
            specific[f"index {alias}"] = {**specific["index"], **further}
            specific[f"guard {alias}"] = {**guard, **self.named(alias), "scope": "index"}
        common = {
            **asdict(self.connection),
            "managed": self.managed,
            "owner": self.owner,
            "schema_version": "1",
        }
        return {name: {**common, **specific[name]} for name in ordered(specific)}

    @property
    def adopted_with_first(self) -> str:
        """The index with which pipeline and endpoints are adopted."""
        return self.alias if self.alias in names_in(self.adopt) else ""

    def named(self, alias: str) -> dict[str, Any]:
        """Return the inputs that name one of the indices, and its siblings where it has any."""
        siblings = [one for one in (self.alias, *self.additional) if one != alias]
        return {"alias": alias, **({"siblings": siblings} if siblings else {})}

    def _endpoint_inputs(
        self, names: list[str], endpoints: Mapping[str, Endpoint]
    ) -> dict[str, dict[str, Any]]:
        return {
            name: {
                "inference_id": inference_id,
                "family": self.inference_id,
                "body": canonical(asdict(wanted)),
                "embeddings_api_key": self.embeddings_api_key,
                "adopt": self.adopted_with_first,
            }
            for name, (inference_id, wanted) in zip(names, endpoints.items(), strict=True)
        }


@dataclass
class StackResources:
    """The state of a stack: outputs by resource."""

    state: dict[str, dict[str, Any]] = field(default_factory=dict)

    def preview(self, wanted: Wanted) -> list[str]:
        """Return what an update would touch; identities are unknown, as they are before the model is downloaded."""
        changed = []
        for name, inputs in wanted.inputs().items():
            news = {key: UNKNOWN if key == "identity" else value for key, value in inputs.items()}
            checked = provider_of(name).check(self.state.get(name, {}), news).inputs
            if name not in self.state or provider_of(name).diff("id", self.state[name], checked).changes:
                changed.append(name)
        return changed

    def up(self, wanted: Wanted) -> list[str]:
        """Update everything that differs; return the changes as "created x", "updated x" and "deleted x".

        The gateway comes first, as it does in the program.
        """
        wanted.start_gateway()
        done = []
        replaced = []
        for name, inputs in wanted.inputs().items():
            provider = provider_of(name)
            if name not in self.state:
                self.state[name] = provider.create(inputs).outs or {}
                done.append(f"created {name}")
                continue
            old = self.state[name]
            diff = provider.diff("id", old, provider.check(old, inputs).inputs)
            if diff.replaces:
                self.state[name] = provider.create(inputs).outs or {}
                replaced.append((name, old))
                done.append(f"replaced {name}")
            elif diff.changes:
                self.state[name] = provider.update("id", old, inputs).outs or {}
                done.append(f"updated {name}")
        for name, old in reversed(replaced):
            provider_of(name).delete("id", old)
        for name in [name for name in reversed(ordered(self.state)) if name not in wanted.inputs()]:
            provider_of(name).delete("id", self.state[name])
            del self.state[name]
            done.append(f"deleted {name}")
        return done

    def refresh(self) -> None:
        """Read everything; remove from the state what no longer exists."""
        for name in list(self.state):
            found = provider_of(name).read("id", self.state[name])
            if found.id:
                self.state[name] = found.outs or {}
            else:
                del self.state[name]

    def destroy(self) -> None:
        """Delete everything, in reverse order of declaration; keep in the state what could not be deleted."""
        for name in reversed(ordered(self.state)):
            provider_of(name).delete("id", self.state[name])
            del self.state[name]
