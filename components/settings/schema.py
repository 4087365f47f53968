"""The settings of a stack as typed values. Names, defaults and meanings are in Pulumi.yaml."""

from dataclasses import dataclass, field
from typing import Literal

Device = Literal["cpu", "cuda"]
Delivery = Literal["mount", "volume"]

DIMS = (32, 64, 128, 256, 512, 768)
"""Sizes at which the model was trained to be cut (Matryoshka), from its model card."""
DEVICES: tuple[Device, ...] = ("cpu", "cuda")
DELIVERIES: tuple[Delivery, ...] = ("mount", "volume")
"""How the model file reaches the container: from its place on this machine, or copied into a Docker volume."""
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

DEFAULT_GPUS = "all"
DEFAULT_GPU_LAYERS = 999
"""The defaults of serverGpus and serverGpuLayers, which mean nothing on cpu."""

JINA_REPOSITORY = "jinaai/jina-embeddings-v5-text-nano-retrieval-GGUF"
JINA_LICENSE = (
    "CC BY-NC 4.0 (https://creativecommons.org/licenses/by-nc/4.0/): non-commercial use only; "
    "for commercial use ask sales@jina.ai"
)
"""The defaults of modelRepository and modelLicense, which are true together only."""


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """The model: where its file comes from, and its profile.

    `file` is the name in the repository with the quantisation filled in; `directory` is an absolute path, which
    differs from checkout to checkout, and `directory_as_set` what the setting says, which does not;
    `width` is how many numbers the model returns; `context_size` in tokens and the prefixes are what it was trained
    to see; `license` is the text that is set, which `license_notice` puts right.
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
    context_size: int
    license: str
    delivery: Delivery
    directory: str
    directory_as_set: str
    keep_files: bool

    @property
    def license_notice(self) -> str:
        """The licence to tell people: the one that is set, unless that is the default of another model."""
        if self.license == JINA_LICENSE and self.repository != JINA_REPOSITORY:
            return f"see the page of {self.repository}"
        return self.license


@dataclass(frozen=True, kw_only=True)
class ImageSettings:
    """The images: what the server's is built from, or `prebuilt`, an image to use instead; how images are built.

    Empty `platform` is the engine's own, and empty `packages_date` (YYYY-MM-DD) the day of the first build.
    `build_ca_certificate` is a path as somebody wrote it, which each machine takes for its own.
    """

    llama_cpp_repository: str
    llama_cpp_ref: str
    name: str
    base: str
    cuda_devel_base: str
    cuda_runtime_base: str
    cuda_architectures: str
    build_jobs: int
    build_network: str
    build_ca_certificate: str
    apt_mirror: str
    packages_date: str
    platform: str
    prebuilt: str

    @property
    def compiled_architectures(self) -> str:
        """The compute capabilities that the CUDA image is known to be compiled for; empty for a prebuilt one."""
        return "" if self.prebuilt else self.cuda_architectures


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
    """Elasticsearch: the stack's own node when `url` is empty; `heap` and `memory` in MiB.

    `ca_certificate` is PEM text, the certificates themselves.
    """

    url: str
    api_key: str = field(repr=False)
    user: str
    password: str = field(repr=False)
    ca_certificate: str
    fingerprint: str
    embeddings_url: str
    image: str
    volume: str
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
    delete_backups: str
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
class EngineSettings:
    """The Docker engine, as the stack sets it for Pulumi's Docker provider; empty is not set.

    `host` is its address, such as ssh://user@host; `inherited`, the one of DOCKER_HOST on this machine, counts
    where the stack sets none. `certificates` is a folder with the TLS files of docker; `ca`, `certificate` and `key`
    are such as text. `id` is the one that somebody set for the engine that the stack lives on.
    """

    host: str = ""
    inherited: str = ""
    certificates: str = ""
    ca: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    id: str = ""

    @property
    def address(self) -> str:
        """Where the provider finds the engine, as far as somebody says; empty for the usual socket."""
        return self.host or self.inherited


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a stack can set. `stack_id` is the id that somebody set, empty for one that is made."""

    quant: str
    dims: int
    device: Device
    stack_id: str
    engine: EngineSettings
    model: ModelSettings
    image: ImageSettings
    server: ServerSettings
    elasticsearch: ElasticsearchSettings
