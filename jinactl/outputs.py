"""What the commands know of a stack: its outputs, as `pulumi stack output --json --show-secrets` prints them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.elasticsearch.client.connection import Connection
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.embedding.server import Role
from components.kubernetes.address import ServiceAddress
from components.kubernetes.kubectl import Target
from jinactl.errors import CommandError, UsageError

ASK = "`pulumi stack output --json --show-secrets`"
HIDDEN = "[secret]"

OUTPUT_OF = {
    "dims": "dims",
    "quant": "quant",
    "model": "modelName",
    "sha256": "modelSha256",
    "width": "modelDimensions",
    "document_prefix": "modelDocumentPrefix",
}
"""Of the fields of an index's identity, those that make its vectors, by the outputs that tell them."""


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A stack's model, and how it is served.

    `url` is the gateway's address of /v1/embeddings, `prefixes` what the model sees before texts, by role. `file` is
    the path of the model file on the machine that fetched it, `revision` the commit of the `repository` that it comes
    from, `container` the server for documents, empty on Kubernetes; `repository` is empty in the outputs of an earlier
    version.
    """

    quant: str
    name: str
    sha256: str
    width: int
    url: str
    api_key: str = field(repr=False)
    prefixes: Mapping[Role, str]
    repository: str
    revision: str
    file: str
    container: str


@dataclass(frozen=True, kw_only=True)
class StackFacts:
    """How to reach a stack's cluster and embedding server, and its index: that of the alias `index`.

    `indices` are the aliases of all its indices, the first one first.
    `embeds_in_client` says that documents must be written with their vectors, since the index has no pipeline.
    `identity` is how the vectors are made: the fields of OUTPUT_OF. `stack_id` and `backup_volume`, that of the stack's
    own node, are empty in the outputs of a stack that an earlier version brought up. So are `server_container`, the
    name of a server's container in the Docker engine, and `llama_cpp_commit`. `cluster` is the Kubernetes cluster and
    the namespace that the stack runs in; None on Docker.
    """

    connection: Connection
    embedder: Embedder
    index: str
    indices: tuple[str, ...]
    embeds_in_client: bool
    identity: Mapping[str, Any]
    served: ServedModel
    inference_id: str
    pipeline_id: str
    stack_id: str
    backup_volume: str
    server_container: str
    llama_cpp_commit: str
    cluster: Target | None = None


def facts_of(outputs: Mapping[str, Any], source: str, index: str = "") -> StackFacts:
    """Return what the outputs say, of `index` or else of the stack's first one.

    Raises CommandError naming outputs that are missing or hidden, and UsageError naming the stack's indices where
    `index` is none of them.
    """
    hidden = sorted(key for key, value in outputs.items() if value == HIDDEN)
    if hidden:
        raise CommandError(f"{', '.join(hidden)} in {source}: hidden. Ask with --show-secrets, as in {ASK}.")
    try:
        return _facts(outputs, _chosen(outputs, index))
    except KeyError as error:
        raise CommandError(
            f"{source} has no output {error.args[0]}: it must be what {ASK} prints of a stack that is up. "
            "After an update of this project, `pulumi up` adds new outputs."
        ) from error
    except (TypeError, ValueError) as error:
        raise CommandError(f"An output in {source} cannot be read ({error}).") from error


def _chosen(outputs: Mapping[str, Any], index: str) -> str:
    indices = _indices(outputs)
    if index and index not in indices:
        raise UsageError(f"The stack has no index {index}: it has {', '.join(indices)}.")
    return index or indices[0]


def _indices(outputs: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the aliases of all indices, the first one first; earlier versions had that one alone."""
    first = str(outputs["index"])
    return (first, *(str(one) for one in outputs.get("indices", ()) if one != first))


def _facts(outputs: Mapping[str, Any], index: str) -> StackFacts:
    return StackFacts(
        connection=Connection(
            url=str(outputs["elasticsearchUrl"]),
            api_key=str(outputs["elasticsearchApiKey"]),
            user=str(outputs["elasticsearchUser"]),
            password=str(outputs["elasticsearchPassword"]),
            ca_certificate=str(outputs["elasticsearchCaCertificate"]),
            fingerprint=str(outputs["elasticsearchFingerprint"]),
            managed=bool(outputs.get("elasticsearchVolume")),
        ),
        embedder=Embedder(
            url=str(outputs["embeddingsUrl"]),
            api_key=str(outputs["serverApiKey"]),
            model=str(outputs["modelName"]),
            dims=int(outputs["dims"]),
        ),
        index=index,
        indices=_indices(outputs),
        embeds_in_client=not outputs["inferenceEndpoint"],
        inference_id=str(outputs["inferenceEndpoint"]),
        pipeline_id=str(outputs["pipeline"]),
        stack_id=str(outputs.get("stackId", "")),
        backup_volume=str(outputs.get("elasticsearchBackupVolume", "")),
        server_container=str(outputs.get("serverContainer", "")),
        llama_cpp_commit=str(outputs.get("llamaCppCommit", "")),
        identity={
            "dims": int(outputs["dims"]),
            "quant": str(outputs["quant"]),
            "model": str(outputs["modelName"]),
            "sha256": str(outputs["modelSha256"]),
            "width": int(outputs["modelDimensions"]),
            "document_prefix": str(outputs["modelDocumentPrefix"]),
        },
        served=_served(outputs),
        cluster=_cluster(outputs),
    )


def _cluster(outputs: Mapping[str, Any]) -> Target | None:
    if outputs.get("platform", "docker") != "kubernetes":
        return None
    gateway = ServiceAddress.from_url(str(outputs["embeddingsUrl"]))
    return Target(
        context=gateway.context if gateway else "", namespace=str(outputs.get("kubernetesNamespace", ""))
    )


def _served(outputs: Mapping[str, Any]) -> ServedModel:
    return ServedModel(
        quant=str(outputs["quant"]),
        name=str(outputs["modelName"]),
        sha256=str(outputs["modelSha256"]),
        width=int(outputs["modelDimensions"]),
        url=str(outputs["embeddingsUrl"]),
        api_key=str(outputs["serverApiKey"]),
        prefixes={
            "query": str(outputs.get("modelQueryPrefix", "")),
            "document": str(outputs["modelDocumentPrefix"]),
        },
        repository=str(outputs.get("modelRepository", "")),
        revision=str(outputs.get("modelRevision", "")),
        file=str(outputs.get("modelFile", "")),
        container="" if _cluster(outputs) else str(outputs.get("serverContainer", "")),
    )
