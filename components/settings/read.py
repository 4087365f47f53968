"""Reads the settings of a stack from its Pulumi configuration."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from components.settings import schema
from components.settings.certificate_setting import ca_certificate
from components.settings.errors import SettingsError
from components.settings.quantisations import QUANTS
from components.settings.reader import SettingsReader
from components.settings.rules import check_rules
from components.settings.schema import (
    ElasticsearchSettings,
    EngineSettings,
    ImageSettings,
    ModelSettings,
    ServerSettings,
    Settings,
)

PORT = (1, 65535)
TOKENS = (1, 131072)
MEMORY = (0, 16 * 1024 * 1024)
VOLUME = r"[A-Za-z0-9][A-Za-z0-9_.-]+"
STACK_ID = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
NAME = r"[a-z0-9][a-z0-9._-]*"
NAME_MEANING = "lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit"
URL = r"https?://[^\s/]+\S*"
APT_MIRROR_MEANING = "an address such as https://mirror.example, without a user or password"
URL_MEANING = "an address such as https://elasticsearch.example:9200"


@dataclass(frozen=True)
class StackConfig:
    """A stack's configuration as Pulumi hands it over: texts by key, and which keys are encrypted."""

    values: Mapping[str, str]
    secret_keys: Collection[str]

    @classmethod
    def of_project(
        cls, project: str, values: Mapping[str, str], secret_keys: Collection[str]
    ) -> "StackConfig":
        """Keep the keys of `project` out of a configuration with full keys such as jina-search:quant."""
        prefix = f"{project}:"
        return cls(
            {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)},
            {key.removeprefix(prefix) for key in secret_keys if key.startswith(prefix)},
        )


def read_settings(
    config: StackConfig, project_directory: Path, engine: EngineSettings | None = None
) -> Settings:
    """Read and validate all settings; relative paths are taken from `project_directory`.

    `engine` is what is set for the Docker provider.
    Raises SettingsError, listing every problem, when any setting cannot be used.
    """
    reader = SettingsReader(config.values, config.secret_keys)
    quant = reader.choice("quant", tuple(QUANTS))
    settings = Settings(
        quant=quant,
        dims=reader.integer("dims", 1, 4096),
        device=reader.choice("device", schema.DEVICES),
        stack_id=reader.text("stackId", STACK_ID, "letters, digits, dots, dashes and underscores, up to 100"),
        engine=replace(
            engine or EngineSettings(),
            id=reader.text("dockerEngine", r"\S+", "the ID that `docker info` shows, or empty"),
        ),
        model=_model(reader, quant, project_directory),
        image=_image(reader),
        server=_server(reader),
        elasticsearch=_elasticsearch(reader, project_directory),
    )
    reader.refuse_unknown_keys()
    check_rules(reader, settings)
    if reader.problems:
        raise SettingsError(reader.problems)
    return settings


def _model(reader: SettingsReader, quant: str, project_directory: Path) -> ModelSettings:
    file = reader.required_text("modelFile", r"[^/\s]+\.gguf", "the name of a .gguf file without a folder")
    reader.require(
        "{quant}" in file or quant.lower() in file.lower(),
        f'modelFile is "{file}": it must contain {{quant}}, or name the quantisation {quant} itself.',
        "modelFile",
        "quant",
    )
    directory = reader.required_text("modelsDirectory", r".*\S.*", "a directory")
    return ModelSettings(
        repository=reader.required_text(
            "modelRepository", r"[\w.-]+/[\w.-]+", "owner/name as on the Hugging Face Hub"
        ),
        revision=reader.required_text("modelRevision", r"[\w./-]+", "a commit, tag or branch"),
        file=file.replace("{quant}", quant),
        sha256=reader.text("modelSha256", r"[0-9a-f]{64}", "64 lower-case hexadecimal digits, or empty"),
        name=reader.required_text("modelName", r"\S+", "a name without spaces"),
        width=reader.integer("modelWidth", 1, 4096),
        pooling=reader.choice("modelPooling", schema.POOLINGS),
        query_prefix=reader.text("modelQueryPrefix"),
        document_prefix=reader.text("modelDocumentPrefix"),
        context_size=reader.integer("modelContextSize", *TOKENS),
        license=reader.required_text("modelLicense", r".*\S.*", "the licence, or where to read it"),
        delivery=reader.choice("modelDelivery", schema.DELIVERIES),
        directory=str((project_directory / Path(directory).expanduser()).resolve()),
        directory_as_set=str(PurePath(directory)),
        keep_files=reader.boolean("modelKeepFiles"),
    )


def _image(reader: SettingsReader) -> ImageSettings:
    image = r"[\w][\w.:/@-]*"
    meaning = "the name of an image"
    return ImageSettings(
        llama_cpp_repository=reader.required_text(
            "llamaCppRepository",
            r"(https?|git|ssh|file)://\S+|[\w.-]+@[\w.-]+:\S+",
            "the address of a git repository",
        ),
        llama_cpp_ref=reader.required_text("llamaCppRef", r"\w[\w./-]*", "a branch, tag or full commit"),
        name=reader.required_text("imageName", r"[a-z0-9][a-z0-9._/-]*", f"{meaning} without a tag"),
        base=reader.required_text("imageBase", image, meaning),
        cuda_devel_base=reader.required_text("imageCudaDevelBase", image, meaning),
        cuda_runtime_base=reader.required_text("imageCudaRuntimeBase", image, meaning),
        cuda_architectures=reader.required_text(
            "imageCudaArchitectures", r"\d+[af]?(;\d+[af]?)*", 'compute capabilities such as "80;89"'
        ),
        build_jobs=reader.integer("imageBuildJobs", 0, 1024),
        build_network=reader.choice("imageBuildNetwork", schema.BUILD_NETWORKS),
        build_ca_certificate=reader.text("imageBuildCaCertificate"),
        apt_mirror=reader.text("imageAptMirror", r"https?://[^\s/@#&\\]+[^\s@#&\\]*", APT_MIRROR_MEANING),
        packages_date=reader.text(
            "imagePackagesDate", r"\d{4}-\d{2}-\d{2}", "a day such as 2026-11-30, or empty"
        ),
        platform=reader.text("imagePlatform", r"linux/(amd64|arm64)", "linux/amd64, linux/arm64 or empty"),
        prebuilt=reader.text("imagePrebuilt", image, meaning),
    )


def _server(reader: SettingsReader) -> ServerSettings:
    return ServerSettings(
        address=reader.required_text("serverAddress"),
        port=reader.integer("serverPort", *PORT),
        api_key=reader.secret("serverApiKey"),
        context_size=reader.integer("serverContextSize", *TOKENS),
        batch_size=reader.integer("serverBatchSize", *TOKENS),
        ubatch_size=reader.integer("serverUbatchSize", *TOKENS),
        parallel=reader.integer("serverParallel", 1, 256),
        threads=reader.integer("serverThreads", 0, 1024),
        flash_attention=reader.choice("serverFlashAttention", schema.FLASH_ATTENTION),
        gpu_layers=reader.integer("serverGpuLayers", 0, 999),
        gpus=reader.required_text(
            "serverGpus", r"all|\d+|[\w:/-]+(,[\w:/-]+)*", "all, a count, or ids separated by commas"
        ),
        cpus=reader.text("serverCpus", r"\d+(\.\d+)?", "a number such as 2 or 1.5, or empty"),
        memory=reader.integer("serverMemory", *MEMORY),
        extra_arguments=reader.texts("serverExtraArguments"),
    )


def _elasticsearch(reader: SettingsReader, project_directory: Path) -> ElasticsearchSettings:
    return ElasticsearchSettings(
        url=reader.text("elasticsearchUrl", URL, URL_MEANING).rstrip("/"),
        api_key=reader.secret("elasticsearchApiKey"),
        user=reader.text("elasticsearchUser"),
        password=reader.secret("elasticsearchPassword"),
        ca_certificate=ca_certificate(reader, project_directory),
        fingerprint=reader.text(
            "elasticsearchFingerprint",
            r"([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}",
            "a SHA-256 fingerprint in hexadecimal",
        ),
        embeddings_url=reader.text(
            "elasticsearchEmbeddingsUrl", URL, "an address such as http://10.0.0.5:8080/v1/embeddings"
        ),
        image=reader.required_text("elasticsearchImage", r"[\w][\w.:/@-]*", "the name of an image"),
        volume=reader.text("elasticsearchVolume", VOLUME, "the name of a Docker volume"),
        port=reader.integer("elasticsearchPort", *PORT),
        heap=reader.integer("elasticsearchHeap", 256, 31 * 1024),
        memory=reader.integer("elasticsearchMemory", 512, MEMORY[1]),
        embedding=reader.choice("elasticsearchEmbedding", schema.EMBEDDINGS),
        start_trial=reader.boolean("elasticsearchStartTrial"),
        inference_id=reader.required_text("elasticsearchInferenceId", NAME, NAME_MEANING),
        pipeline_id=reader.required_text("elasticsearchPipelineId", NAME, NAME_MEANING),
        index=reader.required_text("elasticsearchIndex", NAME, NAME_MEANING),
        similarity=reader.choice("elasticsearchSimilarity", schema.SIMILARITIES),
        index_options=reader.choice("elasticsearchIndexOptions", schema.INDEX_OPTIONS),
        keep_generations=reader.integer("elasticsearchKeepGenerations", 0, 100),
        adopt=reader.text("elasticsearchAdopt"),
        delete_data=reader.text("elasticsearchDeleteData"),
        delete_backups=reader.text("elasticsearchDeleteBackups"),
        demo_documents=reader.boolean("demoDocuments"),
    )
