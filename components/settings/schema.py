"""The settings of a stack as typed values. Names, defaults and meanings are in Pulumi.yaml."""

from dataclasses import dataclass, field
from typing import Literal

from components.settings.elasticsearch import ElasticsearchSettings
from components.settings.kinds import (
    IMAGE,
    MOST_MEMORY,
    OBJECT,
    PORT,
    SHARES,
    TOKENS,
    base_url,
    boolean,
    choice,
    directory,
    directory_as_set,
    integer,
    required_text,
    secret,
    text,
    texts,
)
from components.settings.kubernetes import KubernetesSettings
from components.settings.quantisations import QUANTS
from components.settings.setting import setting

Platform = Literal["docker", "kubernetes"]
Device = Literal["cpu", "cuda"]
OneDnn = Literal["auto", "f32", "off"]
"""Whether oneDNN multiplies the matrices: in bfloat16 where the processor has it, in float32 always, or not."""

Delivery = Literal["mount", "volume", "fetch", "claim"]
"""How the model file reaches the server: with Docker from its place on this machine, or copied into a volume; on
Kubernetes fetched by each pod, or from a persistent volume claim."""

DIMS = (32, 64, 128, 256, 512, 768)
"""Sizes at which the model was trained to be cut (Matryoshka), from its model card."""

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
    `dimensions` is how many the model's embeddings have; `context_size` in tokens and the prefixes are what it was
    trained to see; `license` is the text that is set, which `license_notice` puts right.
    """

    repository: str = setting(
        "modelRepository", required_text(r"[\w.-]+/[\w.-]+", "owner/name as on the Hugging Face Hub")
    )
    revision: str = setting("modelRevision", required_text(r"[\w./-]+", "a commit, tag or branch"))
    file: str = setting(
        "modelFile", required_text(r"[^/\s]+\.gguf", "the name of a .gguf file without a folder")
    )
    sha256: str = setting("modelSha256", text(r"[0-9a-f]{64}", "64 lower-case hexadecimal digits, or empty"))
    name: str = setting("modelName", required_text(r"\S+", "a name without spaces"), env="ALIAS")
    dimensions: int = setting("modelDimensions", integer(1, 4096))
    pooling: str = setting("modelPooling", choice("last", "mean", "cls", "rank"), env="POOLING")
    query_prefix: str = setting("modelQueryPrefix", text())
    document_prefix: str = setting("modelDocumentPrefix", text())
    context_size: int = setting("modelContextSize", TOKENS)
    license: str = setting("modelLicense", required_text(r".*\S.*", "the license, or where to read it"))
    delivery: Delivery = setting("modelDelivery", choice("mount", "volume", "fetch", "claim"))
    directory: str = setting("modelsDirectory", directory)
    directory_as_set: str = setting("modelsDirectory", directory_as_set)
    keep_files: bool = setting("modelKeepFiles", boolean)
    hub_endpoint: str = setting("modelHubEndpoint", base_url)
    token_secret: str = setting("modelTokenSecret", text(*OBJECT))

    @property
    def trained_dims(self) -> tuple[int, ...]:
        """The sizes that its embeddings can be cut to, the whole one last."""
        return (*(dims for dims in DIMS if dims < self.dimensions), self.dimensions)

    @property
    def license_notice(self) -> str:
        """The license to show to people: the one that is set, unless it is the default, of another model."""
        if self.license == JINA_LICENSE and self.repository != JINA_REPOSITORY:
            return f"see the page of {self.repository}"
        return self.license


@dataclass(frozen=True, kw_only=True)
class ImageSettings:
    """The images: what the server's is built from, or `prebuilt`, an image to use instead; how images are built.

    `registry` is where images go for a cluster, and `pull_secrets` names the Secrets by which its nodes may pull them.

    Empty `platform` is the engine's own, and empty `packages_date` (YYYY-MM-DD) the day of the first build.
    `build_ca_certificate` is a path as somebody wrote it, which each machine takes for its own.
    """

    llama_cpp_repository: str = setting(
        "llamaCppRepository",
        required_text(r"(https?|git|ssh|file)://\S+|[\w.-]+@[\w.-]+:\S+", "the address of a git repository"),
    )
    llama_cpp_ref: str = setting("llamaCppRef", required_text(r"\w[\w./-]*", "a branch, tag or full commit"))
    name: str = setting(
        "imageName", required_text(r"[a-z0-9][a-z0-9._/-]*", "the name of an image without a tag")
    )
    base: str = setting("imageBase", required_text(*IMAGE))
    cuda_devel_base: str = setting("imageCudaDevelBase", required_text(*IMAGE))
    cuda_runtime_base: str = setting("imageCudaRuntimeBase", required_text(*IMAGE))
    cuda_architectures: str = setting(
        "imageCudaArchitectures",
        required_text(r"\d+[af]?(;\d+[af]?)*", 'compute capabilities such as "80;89"'),
    )
    build_jobs: int = setting("imageBuildJobs", integer(0, 1024))
    build_network: str = setting("imageBuildNetwork", choice("default", "host", "none"))
    build_ca_certificate: str = setting("imageBuildCaCertificate", text())
    apt_mirror: str = setting(
        "imageAptMirror",
        text(
            r"https?://[^\s/@#&\\]+[^\s@#&\\]*",
            "an address such as https://mirror.example, without a user or password",
        ),
    )
    packages_date: str = setting(
        "imagePackagesDate", text(r"\d{4}-\d{2}-\d{2}", "a day such as 2026-11-30, or empty")
    )
    platform: str = setting(
        "imagePlatform", text(r"linux/(amd64|arm64)", "linux/amd64, linux/arm64 or empty")
    )
    prebuilt: str = setting("imagePrebuilt", text(*IMAGE))
    gateway_prebuilt: str = setting("gatewayImagePrebuilt", text(*IMAGE))
    registry: str = setting(
        "imageRegistry",
        text(
            r"[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9][a-z0-9._-]*)*",
            "a registry, and a path in it if need be, such as registry.example/team",
        ),
    )
    pull_secrets: tuple[str, ...] = setting("imagePullSecrets", texts)

    @property
    def compiled_architectures(self) -> str:
        """The compute capabilities that the CUDA image is known to be compiled for; empty for a prebuilt one."""
        return "" if self.prebuilt else self.cuda_architectures


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """The llama-servers: sizes in tokens, `memory` of each in MiB (0: no limit), `threads` 0 for its own choice.

    With two `lanes` one server gets the queries, which has what begins with `query_`, and one the documents; with one
    lane one server gets both. Which server is started with what is said by `components.settings.lanes`.
    """

    address: str = setting("serverAddress", required_text())
    port: int = setting("serverPort", PORT)
    api_key: str = setting("serverApiKey", secret)
    cors_origins: tuple[str, ...] = setting("serverCorsOrigins", texts)
    lanes: int = setting("serverLanes", integer(1, 2))
    context_size: int = setting("serverContextSize", TOKENS, env="CTX_SIZE")
    batch_size: int = setting("serverBatchSize", TOKENS, env="BATCH")
    ubatch_size: int = setting("serverUbatchSize", TOKENS, env="UBATCH")
    parallel: int = setting("serverParallel", integer(1, 256), env="N_PARALLEL")
    threads: int = setting("serverThreads", integer(0, 1024), env="THREADS")
    query_context_size: int = setting("serverQueryContextSize", TOKENS)
    query_parallel: int = setting("serverQueryParallel", integer(1, 256))
    query_threads: int = setting("serverQueryThreads", integer(0, 1024))
    query_shares: int = setting("serverQueryShares", SHARES)
    document_shares: int = setting("serverDocumentShares", SHARES)
    flash_attention: str = setting("serverFlashAttention", choice("on", "off", "auto"), env="FLASH_ATTN")
    onednn: OneDnn = setting("serverOnednn", choice("auto", "f32", "off"))
    gpu_layers: int = setting("serverGpuLayers", integer(0, 999), env="N_GPU_LAYERS")
    gpus: str = setting(
        "serverGpus",
        required_text(r"all|\d+|[\w:/-]+(,[\w:/-]+)*", "all, a count, or ids separated by commas"),
    )
    cpus: str = setting("serverCpus", text(r"\d+(\.\d+)?", "a number such as 2 or 1.5, or empty"))
    memory: int = setting("serverMemory", integer(0, MOST_MEMORY))
    extra_arguments: tuple[str, ...] = setting("serverExtraArguments", texts)


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """The Docker engine, as the stack sets it for Pulumi's Docker provider; empty is not set.

    `host` is its address, such as ssh://user@host; `inherited`, DOCKER_HOST on this machine, counts
    if the stack sets none. `certificates` is a folder with the TLS files of docker; `ca`, `certificate` and `key`
    are the same files as text. `id` is the id that is set for the engine that the stack lives on.
    """

    host: str = ""
    inherited: str = ""
    certificates: str = ""
    ca: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    id: str = setting("dockerEngine", text(r"\S+", "the ID that `docker info` shows, or empty"), default="")

    @property
    def address(self) -> str:
        """Where the provider finds the engine, as set; empty for the usual socket."""
        return self.host or self.inherited


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a stack can set. `stack_id` is empty if the stack makes its own id."""

    platform: Platform = setting("platform", choice("docker", "kubernetes"))
    quant: str = setting("quant", choice(*QUANTS))
    dims: int = setting("dims", integer(1, 4096))
    device: Device = setting("device", choice("cpu", "cuda"))
    stack_id: str = setting(
        "stackId",
        text(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", "letters, digits, dots, dashes and underscores, up to 100"),
    )
    engine: EngineSettings
    model: ModelSettings
    image: ImageSettings
    server: ServerSettings
    elasticsearch: ElasticsearchSettings
    kubernetes: KubernetesSettings
