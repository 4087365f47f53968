"""What each setting of Pulumi.yaml makes of a running stack, and where that is read: from the engine and the node."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.client import DockerClient

from sandbox.machine.ports import free_port
from sandbox.pulumi.stack import PROJECT
from tests.e2e.cluster_settings import IN_A_CLUSTER
from tests.e2e.live_stack import (
    Live,
    embedding,
    endpoint_url,
    host_config,
    model_mount,
    published,
    status_without_key,
    takes_password,
    variable,
)

MEBIBYTE = 1024 * 1024
PORT = 18980
PASSWORD = "a-word-of-mine"
KEY = "a-key-of-mine"


@dataclass(frozen=True)
class Row:
    """One setting: another `value` for it, and what is then read of the running stack; `secret` is set encrypted."""

    value: Any
    read: Callable[[Live], Any]
    expected: Any
    secret: bool = False


SERVER = {
    "serverContextSize": Row(2048, variable("LLAMA_ARG_CTX_SIZE"), "2048"),
    "serverBatchSize": Row(4096, variable("LLAMA_ARG_BATCH"), "4096"),
    "serverUbatchSize": Row(2048, variable("LLAMA_ARG_UBATCH"), "2048"),
    "serverParallel": Row(2, variable("LLAMA_ARG_N_PARALLEL"), "2"),
    "serverQueryContextSize": Row(1024, variable("LLAMA_ARG_CTX_SIZE", "queries"), "1024"),
    "serverQueryParallel": Row(2, variable("LLAMA_ARG_N_PARALLEL", "queries"), "2"),
    "serverQueryThreads": Row(0, variable("LLAMA_ARG_THREADS", "queries"), None),
    "serverFlashAttention": Row("off", variable("LLAMA_ARG_FLASH_ATTN"), "off"),
    "serverOnednn": Row("off", variable("GGML_BACKEND_PATH"), None),
    "serverExtraArguments": Row(["LLAMA_ARG_LOG_TIMESTAMPS=1"], variable("LLAMA_ARG_LOG_TIMESTAMPS"), "1"),
    "modelName": Row("another-name", variable("LLAMA_ARG_ALIAS"), "another-name"),
    "modelPooling": Row("cls", variable("LLAMA_ARG_POOLING"), "cls"),
}

LIMITS = {
    "serverCpus": Row("1.50", host_config("server", "CpuPeriod", "CpuQuota"), (100_000, 150_000)),
    "serverThreads": Row(1, variable("LLAMA_ARG_THREADS"), "1"),
    "serverQueryShares": Row(4096, host_config("queries", "CpuShares"), (4096,)),
    "serverDocumentShares": Row(512, host_config("server", "CpuShares"), (512,)),
    "serverMemory": Row(7168, host_config("server", "Memory"), (7168 * MEBIBYTE,)),
    "elasticsearchMemory": Row(2048, host_config("elasticsearch", "Memory"), (2048 * MEBIBYTE,)),
    "elasticsearchHeap": Row(
        600, lambda live: live.variable("elasticsearch", "ES_JAVA_OPTS"), "-Xms600m -Xmx600m"
    ),
}

SEARCH = {
    "quant": Row("Q8_0", lambda live: "Q8_0" in str(live.variable("server", "LLAMA_ARG_MODEL")), True),
    "dims": Row(256, lambda live: embedding(live)["dims"], 256),
    "elasticsearchSimilarity": Row("dot_product", lambda live: embedding(live)["similarity"], "dot_product"),
    "elasticsearchIndexOptions": Row("flat", lambda live: embedding(live)["index_options"]["type"], "flat"),
    "modelDocumentPrefix": Row("passage: ", variable("GATEWAY_DOCUMENT_PREFIX", "gateway"), "passage: "),
    "modelQueryPrefix": Row("question: ", variable("GATEWAY_QUERY_PREFIX", "gateway"), "question: "),
    "modelLicense": Row("MIT", lambda live: live.stack.outputs()["modelLicense"], "MIT"),
    "demoDocuments": Row(
        False, lambda live: live.found(f"/{live.stack.outputs()['index']}/_count")["count"], 0
    ),
}

NAMES = {
    "elasticsearchInferenceId": Row(
        "jina-other", lambda live: live.found("/_inference/jina-other") is not None, True
    ),
    "elasticsearchPipelineId": Row(
        "jina-other", lambda live: live.found("/_ingest/pipeline/jina-other") is not None, True
    ),
    "elasticsearchIndex": Row("jina-other", lambda live: live.found("/jina-other") is not None, True),
    "elasticsearchAdditionalIndices": Row(
        ["tickets", "jina-other-tickets"],
        lambda live: [live.found(f"/{one}") is not None for one in ("tickets", "jina-other-tickets")],
        [True, True],
    ),
}

DELIVERY = {"modelDelivery": Row("volume", lambda live: model_mount(live)["Type"], "volume")}

ONE_LANE = {
    "serverLanes": Row(
        1, lambda live: live.container("queries")["Id"] == live.container("server")["Id"], True
    ),
}

WHO_EMBEDS = {
    "elasticsearchEmbedding": Row("client", lambda live: live.found("/_inference/jina-local") is None, True),
}


def addresses(stack: str) -> dict[str, Row]:
    """Return the settings of where server and node are reached, and by whom; `stack` is the stack's name."""
    gateway = f"{PROJECT}-{stack}-gateway"
    ports = free_port(PORT), free_port(PORT + 100)
    return {
        "serverAddress": Row("0.0.0.0", published("gateway", "HostIp"), "0.0.0.0"),
        "serverPort": Row(ports[0], published("gateway", "HostPort"), str(ports[0])),
        "serverCorsOrigins": Row(
            ["https://a.example"], variable("GATEWAY_CORS_ORIGINS", "gateway"), "https://a.example"
        ),
        "serverApiKey": Row(KEY, status_without_key, 401, secret=True),
        "elasticsearchPort": Row(ports[1], published("elasticsearch", "HostPort"), str(ports[1])),
        "elasticsearchPassword": Row(PASSWORD, takes_password(PASSWORD), True, secret=True),
        "elasticsearchEmbeddingsUrl": Row(
            f"http://{gateway}:8080/v1/embeddings",
            endpoint_url("inferenceEndpoint"),
            f"http://{gateway}:8080/v1/embeddings",
        ),
        "elasticsearchQueryEmbeddingsUrl": Row(
            f"http://{gateway}:8080/query/v1/embeddings",
            endpoint_url("queryInferenceEndpoint"),
            f"http://{gateway}:8080/query/v1/embeddings",
        ),
    }


def files(folder: Path, prebuilt: str) -> dict[str, Row]:
    """Return the settings of what is taken from elsewhere: files in `folder`, and another image of the server."""
    return {
        "modelsDirectory": Row(
            str(folder / "models"),
            lambda live: folder / "models" in Path(model_mount(live)["Source"]).parents,
            True,
        ),
        "imagePrebuilt": Row(
            prebuilt,
            lambda live: live.container("server")["Image"] == DockerClient.from_env().images.get(prebuilt).id,
            True,
        ),
    }


def steps(folder: Path, stack: str, prebuilt: str) -> dict[str, dict[str, Row]]:
    """Return the settings that are changed together, by what they have in common; see `addresses` and `files`."""
    return {
        "server": SERVER,
        "limits": LIMITS,
        "addresses": addresses(stack),
        "files": files(folder, prebuilt),
        "delivery": DELIVERY,
        "one lane": ONE_LANE,
        "search": SEARCH,
        "names": NAMES,
        "who embeds": WHO_EMBEDS,
    }


PROVED_ELSEWHERE = {
    "device": ("tests/e2e/test_gpu_stack.py", "there need not be a GPU: up to the engine's refusal"),
    "serverGpus": ("tests/unit/server/test_device_requests.py", "there need not be a GPU"),
    "serverGpuLayers": ("tests/unit/settings/rules/test_server.py", "there need not be a GPU"),
    "stackId": ("tests/e2e/test_kept_data.py", "takes over the data of another stack"),
    "modelRepository": ("tests/contract/model/test_refusals.py", "needs a second repository on the Hub"),
    "modelRevision": ("tests/contract/model/test_moving_revision.py", "needs a second revision on the Hub"),
    "modelFile": ("tests/contract/model/test_refusals.py", "needs a second model on the Hub"),
    "modelSha256": (
        "tests/contract/model/test_refusals.py",
        "what is right changes nothing, what is wrong is refused",
    ),
    "modelDimensions": ("tests/contract/server/test_proof.py", "only the width that the model has is right"),
    "modelContextSize": (
        "tests/unit/settings/rules/test_server.py",
        "a rule for serverContextSize, nothing that runs",
    ),
    "modelKeepFiles": (
        "tests/unit/model/test_component.py",
        "decides over a file that nothing uses any more",
    ),
    "llamaCppRepository": (
        "tests/unit/image/test_source_commit.py",
        "needs a second repository to build from",
    ),
    "llamaCppRef": ("tests/unit/image/test_source_commit.py", "needs a second commit to build"),
    "imageName": ("tests/unit/image/test_component.py", "a name of the same image"),
    "imageBase": ("tests/unit/image/test_component.py", "needs a second base"),
    "imageCudaDevelBase": ("tests/unit/docker/test_dockerfiles.py", "needs the images of CUDA"),
    "imageCudaRuntimeBase": ("tests/unit/docker/test_dockerfiles.py", "needs the images of CUDA"),
    "imageCudaArchitectures": ("tests/unit/image/test_component.py", "needs the images of CUDA"),
    "imageBuildJobs": ("tests/unit/image/test_component.py", "a whole build, with the same image at its end"),
    "imagePlatform": ("tests/unit/image/test_component.py", "the engine runs one platform"),
    "imagePackagesDate": ("tests/unit/image/test_component.py", "needs the archives of the distribution"),
    "imageBuildCaCertificate": (
        "tests/contract/commands/test_image_build.py",
        "needs a firewall that reads TLS",
    ),
    "imageAptMirror": ("tests/unit/image/test_component.py", "needs a mirror"),
    "dockerEngine": ("tests/e2e/test_another_engine.py", "needs a second engine"),
    "imageBuildNetwork": (
        "sandbox/preparation.py",
        "every image of these tests is built on the network set there",
    ),
    "elasticsearchUrl": (
        "tests/contract/elasticsearch/test_tls.py",
        "needs a cluster beside the stack's own",
    ),
    "elasticsearchApiKey": ("tests/contract/elasticsearch/test_privileges.py", "needs a cluster of its own"),
    "elasticsearchUser": ("tests/contract/elasticsearch/test_privileges.py", "needs a cluster of its own"),
    "elasticsearchCaCertificate": ("tests/contract/elasticsearch/test_tls.py", "needs a cluster with TLS"),
    "elasticsearchFingerprint": ("tests/contract/elasticsearch/test_tls.py", "needs a cluster with TLS"),
    "elasticsearchImage": ("tests/e2e/test_kept_data.py", "needs a second version of the node"),
    "elasticsearchVolume": ("tests/e2e/test_kept_data.py", "takes over other data"),
    "elasticsearchStartTrial": ("tests/e2e/test_client_embedding.py", "needs a node with a Basic license"),
    "elasticsearchKeepGenerations": (
        "tests/contract/elasticsearch/test_migration.py",
        "counts what changes leave",
    ),
    "elasticsearchAdopt": ("tests/contract/elasticsearch/test_adoption.py", "needs an index made by hand"),
    "elasticsearchDeleteData": ("tests/e2e/test_stack_life.py", "decides over destroy"),
    "elasticsearchDeleteBackups": ("tests/e2e/test_kept_data.py", "decides over destroy"),
    "platform": ("tests/unit/platform/test_declaration.py", "another platform is another stack"),
    **IN_A_CLUSTER,
}
"""Settings whose change cannot be read from one running stack: the file that holds the proof, and why it is there."""
