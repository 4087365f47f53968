"""Settings: what the seed lets people set is read and typed, and everything wrong is reported at once."""

import pytest

from components.settings import SettingsError, StackConfig, read_settings
from components.settings.quantisations import QUANTS
from tests.unit.project import (
    PROJECT_DIRECTORY,
    config_schema,
    stack_file,
    stack_settings,
    stack_values,
)


def problems(stack: str = "cpu", /, **changes: object) -> tuple[str, ...]:
    """Return the problems that reading a stack with `changes` reports."""
    with pytest.raises(SettingsError) as raised:
        stack_settings(stack, **changes)
    return raised.value.problems


def test_the_defaults_are_those_of_the_compose_setup() -> None:
    settings = stack_settings("cpu")
    server = settings.server
    assert (settings.quant, settings.dims, settings.device) == ("F16", 768, "cpu")
    assert settings.model.file == "v5-nano-retrieval-F16.gguf"
    assert (settings.model.pooling, settings.model.dimensions) == ("last", 768)
    assert (settings.model.query_prefix, settings.model.document_prefix) == ("Query: ", "Document: ")
    assert (server.address, server.port, server.parallel) == ("127.0.0.1", 8080, 4)
    assert (server.context_size, server.batch_size, server.ubatch_size) == (8192, 8192, 8192)
    assert server.gpu_layers == 999
    elasticsearch = settings.elasticsearch
    assert elasticsearch.managed
    assert (elasticsearch.inference_id, elasticsearch.pipeline_id, elasticsearch.index) == (
        "jina-local",
        "jina-embeddings",
        "jina-demo",
    )


@pytest.mark.parametrize(("stack", "device"), [("cpu", "cpu"), ("gpu", "cuda")])
def test_the_stacks_say_their_device_and_show_the_two_knobs_at_their_defaults(
    stack: str, device: str
) -> None:
    defaults = {key: declared["default"] for key, declared in config_schema().items()}
    knobs = {"quant": defaults["quant"], "dims": defaults["dims"]}
    assert stack_file(stack) == {"device": device, **knobs}


@pytest.mark.parametrize("quant", QUANTS)
def test_the_quant_names_the_model_file(quant: str) -> None:
    assert stack_settings("cpu", quant=quant).model.file == f"v5-nano-retrieval-{quant}.gguf"


@pytest.mark.parametrize("dims", [32, 64, 128, 256, 512, 768])
def test_every_size_of_the_model_can_be_set(dims: int) -> None:
    assert stack_settings("cpu", dims=dims).dims == dims


def test_the_models_directory_is_taken_from_the_project() -> None:
    assert stack_settings("cpu").model.directory == str(PROJECT_DIRECTORY / "models")
    assert stack_settings("cpu", modelsDirectory="/srv/models").model.directory == "/srv/models"


REFUSED = [
    ({"quant": "q8"}, 'quant is "q8": it must be one of F16', "Did you mean Q8_0?"),
    ({"quant": "q4_k_m"}, "quant is", "Did you mean Q4_K_M?"),
    ({"quant": "Q9"}, "quant is", "Q2_K"),
    ({"dims": 100}, "dims is 100: it must be one of 32, 64, 128, 256, 512, 768", "Did you mean 128?"),
    ({"dims": 1024}, "dims is 1024", "Did you mean 768?"),
    ({"dims": "many"}, 'dims is "many"', "whole number"),
    ({"dims": 768, "modelDimensions": 384}, "dims is 768", "Did you mean 384?"),
    ({"device": "gpu"}, 'device is "gpu"', "cpu, cuda"),
    ({"modelDelivery": "copy"}, 'modelDelivery is "copy"', "mount, volume"),
    ({"modelLicense": ""}, "modelLicense is empty", "the license"),
    ({"modelContextSize": 0}, 'modelContextSize is "0"', "whole number"),
    ({"modelPooling": "lst"}, "modelPooling", "Did you mean last?"),
    ({"modelRepository": "nano"}, "modelRepository", "owner/name"),
    ({"modelFile": "nano.bin"}, "modelFile", ".gguf"),
    ({"modelFile": "nano-Q8_0.gguf"}, "modelFile", "{quant}"),
    ({"modelSha256": "abc"}, "modelSha256", "64"),
    ({"serverPort": 70000}, "serverPort", "65535"),
    ({"serverAddress": "localhost"}, "serverAddress", "IP address"),
    ({"serverAddress": "1.2.3"}, "serverAddress", "IP address"),
    ({"serverAddress": "0.0.0.0"}, "serverAddress is 0.0.0.0", "serverApiKey"),
    ({"serverExtraArguments": "LLAMA_ARG_X=1"}, "serverExtraArguments", "list"),
    ({"elasticsearchUrl": "node:9200"}, "elasticsearchUrl", "https://"),
    ({"elasticsearchUser": "elastic"}, "elasticsearchUser is set, but not elasticsearchUrl", "credentials"),
    (
        {"elasticsearchUrl": "http://a:9200", "elasticsearchUser": "elastic"},
        "elasticsearchPassword",
        "together",
    ),
    ({"elasticsearchPort": 8080}, "both 8080", "differ"),
    ({"elasticsearchHeap": 4096}, "elasticsearchHeap 4096", "twice the heap"),
    ({"elasticsearchIndex": "Demo"}, "elasticsearchIndex", "lower-case"),
    ({"elasticsearchDeleteData": "yes"}, "elasticsearchDeleteData", "jina-demo"),
    ({"elasticsearchDeleteBackups": "yes"}, "elasticsearchDeleteBackups", "jina-demo"),
    ({"elasticsearchPassword": "short"}, "elasticsearchPassword has fewer than 6", "refuses"),
    ({"elasticsearchPassword": "passw\u00f6rd"}, "elasticsearchPassword has characters", "not ASCII"),
    ({"elasticsearchIndexOptions": "bbq_hnsw", "dims": 32}, "bbq_hnsw", "64 dims"),
    (
        {"elasticsearchEmbeddingsUrl": "http://10.0.0.5:8080/embeddings"},
        "10.0.0.5:8080/embeddings",
        "must end in /v1/embeddings",
    ),
    (
        {"elasticsearchQueryEmbeddingsUrl": "http://10.0.0.5:8080/v1/embeddings"},
        "10.0.0.5:8080/v1/embeddings",
        "must end in /query/v1/embeddings",
    ),
    (
        {"elasticsearchUrl": "http://e.test:9200", "elasticsearchFingerprint": "ab" * 32},
        "elasticsearchUrl begins with http",
        "begin with https?",
    ),
    (
        {"elasticsearchUrl": "https://elastic:hunter2@e.test:9200"},
        "elasticsearchUrl has a user or password in it",
        "config set --secret",
    ),
    (
        {"elasticsearchUrl": "https://e.test:9200", "elasticsearchApiKey": "abc\n"},
        "elasticsearchApiKey has spaces, line ends",
        "config set --secret elasticsearchApiKey",
    ),
    ({"elasticsearchEmbedding": "cleint"}, "elasticsearchEmbedding is", "Did you mean client?"),
    ({"elasticsearchEmbedding": "Inference"}, "one of inference, client", "Did you mean inference?"),
    ({"elasticsearchEmbeding": "client"}, "not a setting", "Did you mean elasticsearchEmbedding?"),
    ({"elasticsearchSimilarity": "cosin"}, "elasticsearchSimilarity", "Did you mean cosine?"),
    ({"demoDocuments": "no"}, "demoDocuments", "true or false"),
    ({"imageCudaArchitectures": "sm_80"}, "imageCudaArchitectures", "80;89"),
    ({"imagePlatform": "amd64"}, 'imagePlatform is "amd64"', "linux/arm64"),
    ({"imagePackagesDate": "today"}, 'imagePackagesDate is "today"', "2026-11-30"),
    ({"imagePackagesDate": "2026-02-30"}, 'imagePackagesDate is "2026-02-30"', "no such day"),
    ({"imageAptMirror": "https://me:word@mirror.example"}, "imageAptMirror", "without a user or password"),
    ({"quantt": "F16"}, "quantt is not a setting", "Did you mean quant?"),
    ({"modelWidth": 768}, "modelWidth is now called modelDimensions", "pulumi config rm modelWidth"),
]


@pytest.mark.parametrize(("changes", "names", "says"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_value_that_cannot_be_used_is_named_and_explained(
    changes: dict[str, object], names: str, says: str
) -> None:
    found = problems(**changes)
    assert len(found) == 1, found
    assert names in found[0]
    assert says in found[0]


def test_all_problems_are_reported_together() -> None:
    found = problems(quant="q8", dims=100, serverPort=0, serverAddress="0.0.0.0", modelPooling="x")
    assert len(found) == 5


def test_a_secret_in_clear_is_refused_and_not_shown() -> None:
    values = stack_values("cpu", serverApiKey="hunter2")
    with pytest.raises(SettingsError) as raised:
        read_settings(StackConfig(values, secret_keys=()), PROJECT_DIRECTORY)
    assert "serverApiKey is stored in clear" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_secret_does_not_show_in_the_settings() -> None:
    assert "hunter2" not in repr(stack_settings("cpu", serverApiKey="hunter2"))


def test_an_open_address_is_allowed_with_a_key() -> None:
    settings = stack_settings("cpu", serverAddress="0.0.0.0", serverApiKey="hunter2")
    assert settings.server.api_key == "hunter2"


def test_every_declared_setting_is_read() -> None:
    assert problems(unknown="x") == (
        "unknown is not a setting of this project. Remove it with `pulumi config rm unknown`.",
    )


def test_only_the_projects_own_keys_are_read() -> None:
    config = StackConfig.from_project(
        "jina-search", {"jina-search:dims": "32", "docker:host": "x"}, ["docker:host"]
    )
    assert config == StackConfig({"dims": "32"}, set())
