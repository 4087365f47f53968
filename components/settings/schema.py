"""The settings of a stack as typed values. Names, defaults and meanings are in Pulumi.yaml."""

from dataclasses import dataclass, field
from typing import Literal

Device = Literal["cpu", "cuda"]

QUANTS = ("F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K")
DIMS = (32, 64, 128, 256, 512, 768)
"""Sizes at which the model was trained to be cut (Matryoshka), from its model card."""
DEVICES: tuple[Device, ...] = ("cpu", "cuda")
POOLINGS = ("last", "mean", "cls", "rank")
SIMILARITIES = ("cosine", "dot_product", "l2_norm", "max_inner_product")
INDEX_OPTIONS = (
    "hnsw",
    "int8_hnsw",
    "int4_hnsw",
    "bbq_hnsw",
    "flat",
    "int8_flat",
    "int4_flat",
    "bbq_flat",
)
Embedding = Literal["inference", "client"]
EMBEDDINGS: tuple[Embedding, ...] = ("inference", "client")
"""Who embeds documents: Elasticsearch, through an inference endpoint, or whoever writes them."""
FLASH_ATTENTION = ("on", "off", "auto")
BUILD_NETWORKS = ("default", "host", "none")


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """The model: where its file comes from, and its profile.

    `file` is the name in the repository with the quantisation filled in; `directory` is an absolute path;
    `width` is how many numbers the model returns; the prefixes are what it was trained to see.
    """

    repository: str
    revision: str
    file: str
    sha256: str
    name: str
    width: int
    pooling: str
    query_prefix: str
    document_prefix: str
    directory: str
    keep_files: bool


@dataclass(frozen=True, kw_only=True)
class ImageSettings:
    """The server's image: what it is built from, or `prebuilt`, an image to use instead."""

    llama_cpp_repository: str
    llama_cpp_ref: str
    name: str
    base: str
    cuda_devel_base: str
    cuda_runtime_base: str
    cuda_architectures: str
    build_jobs: int
    build_network: str
    prebuilt: str


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """llama-server: sizes in tokens, `memory` in MiB (0: no limit), `threads` 0 for the server's choice."""

    address: str
    port: int
    api_key: str = field(repr=False)
    context_size: int
    batch_size: int
    ubatch_size: int
    parallel: int
    threads: int
    flash_attention: str
    gpu_layers: int
    gpus: str
    cpus: str
    memory: int
    extra_arguments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ElasticsearchSettings:
    """Elasticsearch: the stack's own node when `url` is empty; `heap` and `memory` in MiB."""

    url: str
    api_key: str = field(repr=False)
    user: str
    password: str = field(repr=False)
    ca_certificate: str
    fingerprint: str
    embeddings_url: str
    image: str
    port: int
    heap: int
    memory: int
    embedding: Embedding
    start_trial: bool
    inference_id: str
    pipeline_id: str
    index: str
    similarity: str
    index_options: str
    keep_generations: int
    adopt: str
    delete_data: str
    demo_documents: bool

    @property
    def managed(self) -> bool:
        """Whether this stack runs the Elasticsearch node itself."""
        return not self.url

    @property
    def embeds_in_client(self) -> bool:
        """Whether documents are written with their vectors, so that Elasticsearch has nothing to embed."""
        return self.embedding == "client"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a stack can set."""

    quant: str
    dims: int
    device: Device
    model: ModelSettings
    image: ImageSettings
    server: ServerSettings
    elasticsearch: ElasticsearchSettings
