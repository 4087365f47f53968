"""LlamaServer: every property that the compose setup set, and those that make the container safe."""

import pytest

from components.settings import EngineSettings, ServerSettings
from components.settings.setting import PREFIX, keys_of_variables
from tests.unit.declared import Declared, one
from tests.unit.server.declared_server import COMMAND, CONTAINER, QUERIES, SERVER, declare_server


def server(stack: str, **changes: object) -> list[Declared]:
    return declare_server(stack, changes)


def environment(declared: list[Declared], name: str = SERVER) -> dict[str, str]:
    """Return a container's environment as a dictionary."""
    return dict(entry.split("=", 1) for entry in one(declared, CONTAINER, name).inputs["envs"])


CPU_ENVIRONMENT = {
    "LLAMA_ARG_MODEL": "/models/v5-nano-retrieval-F16.gguf",
    "LLAMA_ARG_ALIAS": "jina-embeddings-v5-text-nano-retrieval",
    "LLAMA_ARG_EMBEDDINGS": "1",
    "LLAMA_ARG_POOLING": "last",
    "LLAMA_ARG_CTX_SIZE": "8192",
    "LLAMA_ARG_BATCH": "8192",
    "LLAMA_ARG_UBATCH": "8192",
    "LLAMA_ARG_N_PARALLEL": "4",
    "LLAMA_ARG_KV_UNIFIED": "1",
    "LLAMA_ARG_FLASH_ATTN": "on",
    "LLAMA_ARG_HOST": "0.0.0.0",
    "LLAMA_ARG_PORT": "8080",
    "LLAMA_ARG_UI": "0",
    "LLAMA_ARG_WEBUI": "0",
    "LLAMA_ARG_CORS_ORIGINS": "",
    "LLAMA_ARG_CORS_CREDENTIALS": "0",
    "LLAMA_ARG_ENDPOINT_SLOTS": "0",
    "LLAMA_ARG_ENDPOINT_METRICS": "1",
    "LLAMA_ARG_THREADS_HTTP": "48",
    "GOMP_SPINCOUNT": "1000",
    "GGML_BACKEND_PATH": "/opt/llama.cpp/libggml-onednn.so",
}

PASSED_ON = {
    f"{PREFIX}{name}" for name in keys_of_variables(ServerSettings).keys() - {"THREADS", "N_GPU_LAYERS"}
}
"""Variables that settings decide on every device, whatever else is set."""


@pytest.mark.parametrize(
    ("stack", "changes", "more"),
    [
        ("cpu", {}, {}),
        ("gpu", {}, {"LLAMA_ARG_N_GPU_LAYERS": "999", "GGML_BACKEND_PATH": None}),
        ("cpu", {"serverOnednn": "f32"}, {"GGML_ONEDNN_PRECISION": "f32"}),
        ("cpu", {"serverOnednn": "off"}, {"GGML_BACKEND_PATH": None}),
        ("cpu", {"quant": "Q2_K"}, {"LLAMA_ARG_MODEL": "/models/v5-nano-retrieval-Q2_K.gguf"}),
        ("cpu", {"serverThreads": 3}, {"LLAMA_ARG_THREADS": "3"}),
        ("cpu", {"serverCpus": "1.5"}, {"LLAMA_ARG_THREADS": "1"}),
        ("cpu", {"serverApiKey": "hunter2"}, {}),
        ("cpu", {"serverExtraArguments": ["LLAMA_ARG_MLOCK=1"]}, {"LLAMA_ARG_MLOCK": "1"}),
    ],
    ids=str,
)
def test_the_environment_is_what_the_server_reads(
    stack: str, changes: dict[str, object], more: dict[str, str | None]
) -> None:
    expected = {name: value for name, value in {**CPU_ENVIRONMENT, **more}.items() if value is not None}
    found = environment(server(stack, **changes))
    # Other settings are passed on as they are: test_container.py proves each of them.
    assert {
        name: value for name, value in found.items() if name not in PASSED_ON - expected.keys()
    } == expected


@pytest.mark.parametrize("name", [SERVER, QUERIES])
def test_nobody_reaches_a_server_but_through_the_gateway(name: str) -> None:
    inputs = one(server("cpu"), CONTAINER, name).inputs
    assert "ports" not in inputs
    assert inputs["networksAdvanced"] == [{"name": "jina-search-test"}]


@pytest.mark.parametrize("name", [SERVER, QUERIES])
def test_a_server_has_no_name_of_its_own_so_that_a_successor_can_run_beside_it(name: str) -> None:
    container = one(server("cpu"), CONTAINER, name)
    assert "name" not in container.inputs
    assert not container.options.delete_before_replace


def test_the_model_file_alone_is_mounted_read_only() -> None:
    inputs = one(server("cpu"), CONTAINER, SERVER).inputs
    assert inputs["mounts"] == [
        {
            "type": "bind",
            "source": "/srv/models/model.gguf",
            "target": "/models/v5-nano-retrieval-F16.gguf",
            "readOnly": True,
        }
    ]
    assert inputs["labels"] == [{"label": "jina-search.model.sha256", "value": "abc"}]


def test_on_another_host_the_model_is_mounted_from_a_volume_named_after_its_content() -> None:
    declared = declare_server(
        "cpu", {"modelDelivery": "volume"}, engine=EngineSettings(host="ssh://me@gpu-box")
    )
    name = "jina-search-test-model-abc"
    assert one(declared, "docker:index/volume:Volume", "llama-server-model").inputs["name"] == name
    inputs = one(declared, CONTAINER, SERVER).inputs
    assert inputs["mounts"] == [{"type": "volume", "source": name, "target": "/models", "readOnly": True}]
    delivery = one(declared, COMMAND, "llama-server-model").inputs
    assert delivery["environment"] == {
        "DOCKER_HOST": "ssh://me@gpu-box",
        "MODEL_DELIVERY_SOURCE": "/srv/models/model.gguf",
        "MODEL_DELIVERY_FILE": "v5-nano-retrieval-F16.gguf",
        "MODEL_DELIVERY_SHA256": "abc",
        "MODEL_DELIVERY_VOLUME": name,
        "MODEL_DELIVERY_IMAGE": "sha256:image",
    }
    assert delivery["triggers"] == ["llama-server-model-id", "abc"]


@pytest.mark.parametrize("stack", ["cpu", "gpu"])
def test_every_command_asks_the_engine_that_the_provider_asks(stack: str) -> None:
    changes = {"modelDelivery": "volume"}
    elsewhere = declare_server(stack, changes, engine=EngineSettings(host="ssh://me@gpu-box"))
    commands = [item.inputs["environment"] for item in elsewhere if item.type == COMMAND]
    assert len(commands) == (11 if stack == "gpu" else 10)
    assert {environment["DOCKER_HOST"] for environment in commands} == {"ssh://me@gpu-box"}
    here = [item.inputs["environment"] for item in declare_server(stack, changes) if item.type == COMMAND]
    assert not [environment for environment in here if "DOCKER_HOST" in environment]


def test_the_container_has_least_privilege_and_is_kept_running() -> None:
    inputs = one(server("cpu"), CONTAINER, SERVER).inputs
    assert inputs["capabilities"] == {"drops": ["ALL"]}
    assert inputs["securityOpts"] == ["no-new-privileges"]
    assert inputs["readOnly"] is True
    assert "privileged" not in inputs
    assert inputs["restart"] == "unless-stopped"
    assert inputs["logOpts"] == {"max-size": "10m", "max-file": "3"}
    assert inputs["hosts"] == [{"host": "host.docker.internal", "ip": "host-gateway"}]


def test_the_engine_knows_whether_the_model_is_loaded_and_up_waits_for_more_than_that() -> None:
    inputs = one(server("cpu"), CONTAINER, SERVER).inputs
    assert "/health" in inputs["healthcheck"]["tests"][-1]
    assert inputs["wait"] is False


@pytest.mark.parametrize(
    ("stack", "gpus", "requests"),
    [
        ("cpu", "all", None),
        ("gpu", "all", [{"driver": "nvidia", "count": -1, "capabilities": ["gpu"]}]),
        ("gpu", "2", [{"driver": "nvidia", "count": 2, "capabilities": ["gpu"]}]),
        (
            "gpu",
            "GPU-1,GPU-2",
            [{"driver": "nvidia", "deviceIds": ["GPU-1", "GPU-2"], "capabilities": ["gpu"]}],
        ),
    ],
)
def test_gpus_are_asked_for_on_cuda_alone(stack: str, gpus: str, requests: object) -> None:
    declared = server(stack, serverGpus=gpus)
    assert one(declared, CONTAINER, SERVER).inputs.get("deviceRequests") == requests
    checks = [item for item in declared if item.name == "llama-server-gpu"]
    assert len(checks) == (0 if stack == "cpu" else 1)


@pytest.mark.parametrize(
    ("changes", "limits"),
    [
        ({}, (None, None, None)),
        ({"serverCpus": "2", "serverMemory": 8192}, (100_000, 200_000, 8192)),
        ({"serverCpus": "2.0", "serverMemory": 8192}, (100_000, 200_000, 8192)),
        ({"serverCpus": "1.50"}, (100_000, 150_000, None)),
        ({"serverCpus": "0.01"}, (100_000, 1_000, None)),
    ],
)
def test_limits_are_set_only_when_asked_for(
    changes: dict[str, object], limits: tuple[object, object, object]
) -> None:
    inputs = one(server("cpu", **changes), CONTAINER, SERVER).inputs
    assert "cpus" not in inputs
    assert (inputs.get("cpuPeriod"), inputs.get("cpuQuota"), inputs.get("memory")) == limits


@pytest.mark.parametrize(
    ("name", "container", "url"),
    [
        ("llama-server-documents-embedding", SERVER, ""),
        ("llama-server-documents-served", SERVER, "http://127.0.0.1:8080/document/v1/embeddings"),
        ("llama-server-queries-embedding", QUERIES, ""),
        ("llama-server-queries-served", QUERIES, "http://127.0.0.1:8080/query/v1/embeddings"),
    ],
)
def test_each_server_is_proved_inside_its_container_and_then_where_people_ask_it(
    name: str, container: str, url: str
) -> None:
    check = one(server("cpu", serverApiKey="hunter2"), COMMAND, name)
    assert check.inputs["environment"] == {
        "EMBEDDING_CHECK_URL": url,
        "EMBEDDING_CHECK_PORT": "8080",
        "EMBEDDING_CHECK_MODEL": "jina-embeddings-v5-text-nano-retrieval",
        "EMBEDDING_CHECK_WIDTH": "768",
        "EMBEDDING_CHECK_CONTAINER": f"{container}-1234567",
        "EMBEDDING_CHECK_API_KEY": "hunter2",
    }
    assert check.secrets == {"environment"}
    assert check.inputs["triggers"] == [f"{container}-id", "gateway-id", "sha256:image", "abc"]


@pytest.mark.parametrize(
    ("changes", "lane", "answers", "context"),
    [
        ({}, "documents", "documents", "8192"),
        ({}, "queries", "queries", "2048"),
        ({"serverContextSize": 4096}, "documents", "documents", "4096"),
        ({"serverContextSize": 512}, "queries", "queries", "512"),
        ({"serverQueryContextSize": 300}, "queries", "queries", "300"),
        ({"serverLanes": 1}, "documents", "documents,queries", "8192"),
    ],
    ids=str,
)
def test_a_server_that_is_proved_gets_the_requests_of_its_lanes(
    changes: dict[str, object], lane: str, answers: str, context: str
) -> None:
    declared = server("cpu", **changes)
    name = f"jina-search-test-llama-server-{lane}"
    traffic = one(declared, COMMAND, f"llama-server-{lane}-traffic")
    assert traffic.inputs["environment"] == {
        "TRAFFIC_GATEWAY": "jina-search-test-gateway",
        "TRAFFIC_LANES": answers,
        "TRAFFIC_SERVER": f"{name}-1234567",
        "TRAFFIC_CONTEXT": context,
    }
    assert traffic.inputs["triggers"] == [f"{name}-id", "gateway-id"]
    # Also when only its lanes change.
    assert traffic.inputs["update"] == traffic.inputs["create"]
    assert any(urn.endswith(f"::llama-server-{lane}-embedding") for urn in traffic.dependencies)


QUERY_SETTINGS = {
    "serverQueryContextSize": 1024,
    "serverQueryParallel": 2,
    "serverQueryThreads": 2,
    "serverQueryShares": 4096,
    "serverDocumentShares": 512,
}


@pytest.mark.parametrize(
    ("changes", "name", "sizes", "shares"),
    [
        ({}, SERVER, ("8192", "8192", "8192", "4", None), 256),
        ({}, QUERIES, ("2048", "2048", "2048", "4", "1"), 8192),
        (QUERY_SETTINGS, SERVER, ("8192", "8192", "8192", "4", None), 512),
        (QUERY_SETTINGS, QUERIES, ("1024", "1024", "1024", "2", "2"), 4096),
        ({"serverLanes": 1}, SERVER, ("8192", "8192", "8192", "4", None), 1024),
        (
            {"serverContextSize": 512, "serverParallel": 8, "serverThreads": 3},
            QUERIES,
            ("512", "512", "512", "4", "1"),
            8192,
        ),
    ],
    ids=str,
)
def test_each_server_has_the_sizes_threads_and_shares_of_its_lane(
    changes: dict[str, object], name: str, sizes: tuple[str | None, ...], shares: int
) -> None:
    declared = server("cpu", **changes)
    found = environment(declared, name)
    names = ("CTX_SIZE", "BATCH", "UBATCH", "N_PARALLEL", "THREADS")
    assert tuple(found.get(f"LLAMA_ARG_{one}") for one in names) == sizes
    assert one(declared, CONTAINER, name).inputs["cpuShares"] == shares


def test_the_servers_differ_in_nothing_but_their_lane() -> None:
    documents, queries = (one(server("gpu"), CONTAINER, name).inputs for name in (SERVER, QUERIES))
    assert {key for key in documents if documents[key] != queries[key]} == {"envs", "cpuShares"}


def test_with_one_lane_there_is_one_server_and_a_second_lane_does_not_replace_it() -> None:
    alone, with_another = server("cpu", serverLanes=1), server("cpu")
    assert QUERIES not in {item.name for item in alone}
    first, then = (dict(one(declared, CONTAINER, SERVER).inputs) for declared in (alone, with_another))
    # The weight is changed as the container runs.
    assert (first.pop("cpuShares"), then.pop("cpuShares")) == (1024, 256)
    assert first == then
    assert "cpuShares" not in one(alone, CONTAINER, SERVER).options.replace_on_changes


def test_the_api_key_reaches_the_server_through_a_file_and_no_resource_of_the_docker_provider() -> None:
    declared = server("cpu", serverApiKey="hunter2")
    inputs = one(declared, CONTAINER, SERVER).inputs
    assert inputs["command"] == ["--api-key-file", "/run/secrets/stack/said by llama-server-key"]
    volume = "jina-search-test-llama-server-key"
    assert inputs["mounts"][1:] == [
        {"type": "volume", "source": volume, "target": "/run/secrets/stack", "readOnly": True}
    ]
    delivery = one(declared, COMMAND, "llama-server-key")
    assert delivery.inputs["environment"]["SECRET_DELIVERY_CONTENT"] == "hunter2"
    assert delivery.inputs["environment"]["SECRET_DELIVERY_VOLUME"] == volume
    assert delivery.secrets == {"environment"}
    assert [
        one.name for one in declared if one.type.startswith("docker:") and "hunter2" in str(one.inputs)
    ] == []


def test_without_an_api_key_there_is_no_file_of_it() -> None:
    declared = server("cpu")
    inputs = one(declared, CONTAINER, SERVER).inputs
    assert ("command" in inputs, len(inputs["mounts"])) == (False, 1)
    assert "llama-server-key" not in {item.name for item in declared}


@pytest.mark.parametrize(("stack", "asked"), [("cpu", False), ("gpu", True)])
def test_on_cuda_alone_health_is_also_that_a_gpu_is_in_use(stack: str, asked: bool) -> None:
    test = one(server(stack), CONTAINER, SERVER).inputs["healthcheck"]["tests"][-1]
    assert ("/dev/nvidia" in test) == asked


@pytest.mark.parametrize(
    ("changes", "threads"),
    [
        ({}, (None, "1")),
        ({"serverQueryThreads": 0}, (None, None)),
        ({"serverCpus": "0.5", "serverQueryThreads": 0}, ("1", "1")),
        ({"serverCpus": "4", "serverQueryThreads": 0}, ("4", "4")),
        ({"serverThreads": 2, "serverCpus": "4"}, ("2", "1")),
        ({"serverQueryThreads": 3, "serverCpus": "4"}, ("4", "3")),
    ],
    ids=str,
)
def test_threads_follow_the_limit_of_cpus(
    changes: dict[str, object], threads: tuple[str | None, str | None]
) -> None:
    declared = server("cpu", **changes)
    found = [environment(declared, name).get("LLAMA_ARG_THREADS") for name in (SERVER, QUERIES)]
    assert tuple(found) == threads
