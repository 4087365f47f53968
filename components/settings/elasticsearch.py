"""The settings of Elasticsearch as typed values. Names, defaults and meanings are in Pulumi.yaml."""

from dataclasses import dataclass
from typing import Literal

from components.settings.certificate_setting import certificate
from components.settings.kinds import (
    IMAGE,
    MOST_MEMORY,
    NAME,
    PORT,
    URL,
    base_url,
    boolean,
    choice,
    integer,
    names,
    required_text,
    secret,
    separated_names,
    text,
)
from components.settings.setting import setting

Embedding = Literal["inference", "client"]
"""Who embeds documents: Elasticsearch, through an inference endpoint, or whoever writes them."""

INDEX_OPTIONS = tuple("hnsw int8_hnsw int4_hnsw bbq_hnsw flat int8_flat int4_flat bbq_flat".split())
"""How the index keeps vectors: in a graph (hnsw) or one by one (flat), in full or quantised."""


@dataclass(frozen=True, kw_only=True)
class ElasticsearchSettings:
    """Elasticsearch: the stack's own node when `url` is empty; `heap` and `memory` in MiB.

    `ca_certificate` is PEM text, the certificates themselves.
    """

    url: str = setting("elasticsearchUrl", base_url)
    api_key: str = setting("elasticsearchApiKey", secret)
    user: str = setting("elasticsearchUser", text())
    password: str = setting("elasticsearchPassword", secret)
    ca_certificate: str = setting("elasticsearchCaCertificate", certificate)
    fingerprint: str = setting(
        "elasticsearchFingerprint",
        text(r"([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}", "a SHA-256 fingerprint in hexadecimal"),
    )
    embeddings_url: str = setting(
        "elasticsearchEmbeddingsUrl", text(URL, "an address such as http://10.0.0.5:8080/v1/embeddings")
    )
    query_embeddings_url: str = setting(
        "elasticsearchQueryEmbeddingsUrl",
        text(URL, "an address such as http://gateway.example:8080/query/v1/embeddings"),
    )
    image: str = setting("elasticsearchImage", required_text(*IMAGE))
    volume: str = setting(
        "elasticsearchVolume", text(r"[A-Za-z0-9][A-Za-z0-9_.-]+", "the name of a Docker volume")
    )
    port: int = setting("elasticsearchPort", PORT)
    heap: int = setting("elasticsearchHeap", integer(256, 31 * 1024))
    memory: int = setting("elasticsearchMemory", integer(512, MOST_MEMORY))
    embedding: Embedding = setting("elasticsearchEmbedding", choice("inference", "client"))
    start_trial: bool = setting("elasticsearchStartTrial", boolean)
    inference_id: str = setting("elasticsearchInferenceId", NAME)
    pipeline_id: str = setting("elasticsearchPipelineId", NAME)
    index: str = setting("elasticsearchIndex", NAME)
    additional_indices: tuple[str, ...] = setting("elasticsearchAdditionalIndices", names)
    similarity: str = setting(
        "elasticsearchSimilarity", choice("cosine", "dot_product", "l2_norm", "max_inner_product")
    )
    index_options: str = setting(
        "elasticsearchIndexOptions",
        choice(*INDEX_OPTIONS),
    )
    keep_generations: int = setting("elasticsearchKeepGenerations", integer(0, 100))
    adopt: str = setting("elasticsearchAdopt", separated_names)
    delete_data: str = setting("elasticsearchDeleteData", separated_names)
    delete_backups: str = setting("elasticsearchDeleteBackups", separated_names)
    demo_documents: bool = setting("demoDocuments", boolean)

    @property
    def indices(self) -> tuple[str, ...]:
        """The aliases of all indices of the stack, the first one first."""
        return (self.index, *self.additional_indices)

    @property
    def managed(self) -> bool:
        """Whether this stack runs the Elasticsearch node itself."""
        return not self.url

    @property
    def embeds_in_client(self) -> bool:
        """Whether documents are written with their vectors, so that Elasticsearch has nothing to embed."""
        return self.embedding == "client"
