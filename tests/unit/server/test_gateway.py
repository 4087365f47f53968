"""Gateway: what keeps the servers' address, what it is told, and what it may do."""

import pytest

from tests.unit.declared import one
from tests.unit.server.declared_server import COMMAND, CONTAINER, declare_server

IMAGE = "pulumi-python:dynamic/image:WantedImage"
VOLUME = "docker:index/volume:Volume"
GATEWAY = "gateway"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8181"),
        ("0.0.0.0", "http://127.0.0.1:8181"),
        ("::1", "http://[::1]:8181"),
    ],
)
def test_it_is_published_as_the_settings_say_and_asked_where_this_machine_reaches_it(
    address: str, url: str
) -> None:
    declared = declare_server("cpu", {"serverAddress": address, "serverPort": 8181, "serverApiKey": "k"})
    ports = one(declared, CONTAINER, GATEWAY).inputs["ports"]
    assert ports == [{"internal": 8080, "external": 8181, "ip": address}]
    for lane, role in (("documents", "document"), ("queries", "query")):
        served = one(declared, COMMAND, f"llama-server-{lane}-served").inputs["environment"]
        assert served["EMBEDDING_CHECK_URL"] == f"{url}/{role}/v1/embeddings"


def test_containers_of_the_stack_reach_the_server_under_one_name() -> None:
    inputs = one(declare_server("cpu", {}), CONTAINER, GATEWAY).inputs
    assert inputs["networksAdvanced"] == [
        {"name": "jina-search-test", "aliases": ["llama-server", "llama-server-queries"]}
    ]


def test_the_proxy_of_a_stack_of_before_becomes_it() -> None:
    # A fact of the states that 0.1.0 wrote: without the alias both would want the port at the same time.
    declared = one(declare_server("cpu", {}), "jina:server:Gateway", GATEWAY)
    assert ("jina:server:ServerProxy", "proxy") in declared.options.aliases


def test_it_has_least_privilege_and_is_kept_running() -> None:
    inputs = one(declare_server("cpu", {}), CONTAINER, GATEWAY).inputs
    assert inputs["capabilities"] == {"drops": ["ALL"]}
    assert inputs["securityOpts"] == ["no-new-privileges"]
    assert inputs["readOnly"] is True
    assert "privileged" not in inputs
    assert inputs["restart"] == "unless-stopped"


def test_what_waits_for_it_is_a_check_that_the_traffic_depends_on() -> None:
    declared = declare_server("cpu", {})
    assert one(declared, CONTAINER, GATEWAY).inputs["wait"] is False
    check = one(declared, COMMAND, "gateway-check").inputs
    assert check["environment"] == {
        "ANSWER_CHECK_PROGRAM": "gateway",
        "ANSWER_CHECK_CONTAINER": "jina-search-test-gateway",
        "ANSWER_CHECK_PORT": "8080",
        "ANSWER_CHECK_PATIENCE": "60",
    }
    assert check["triggers"] == ["gateway-id"]
    for lane in ("documents", "queries"):
        after = one(declared, COMMAND, f"llama-server-{lane}-traffic").dependencies
        assert any(urn.endswith(f"{COMMAND}::gateway-check") for urn in after)


def test_who_has_its_port_is_looked_up_before_it_is_replaced() -> None:
    declared = declare_server("cpu", {"serverPort": 8181})
    proxy = one(declared, CONTAINER, GATEWAY)
    assert any(urn.endswith(f"{COMMAND}::gateway-port") for urn in proxy.dependencies)
    owner = "jina-search-test-0a1b2c"
    assert proxy.inputs["labels"] == [{"label": "jina-search.stack", "value": owner}]
    assert one(declared, COMMAND, "gateway-port").inputs["environment"] == {
        "PORT_CHECK_ADDRESS": "127.0.0.1",
        "PORT_CHECK_PORT": "8181",
        "PORT_CHECK_CONTAINER": "jina-search-test-gateway",
        "PORT_CHECK_OWNER": owner,
        "PORT_CHECK_SETTING": "serverPort",
        "PORT_CHECK_FORMER": "jina-search-test-proxy",
    }


def test_which_servers_it_asks_is_kept_in_a_volume() -> None:
    declared = declare_server("cpu", {})
    assert one(declared, VOLUME, GATEWAY).inputs["name"] == "jina-search-test-gateway"
    mounts = one(declared, CONTAINER, GATEWAY).inputs["mounts"]
    assert mounts == [{"type": "volume", "source": "jina-search-test-gateway", "target": "/var/lib/gateway"}]


@pytest.mark.parametrize("stack", ["cpu", "gpu"])
def test_it_is_built_on_the_base_for_cpus_on_every_stack(stack: str) -> None:
    inputs = one(declare_server(stack, {"imageBase": "debian:bookworm-slim"}), IMAGE).inputs
    assert (inputs["image_name"], inputs["kind"]) == ("jina-llama-server", "gateway")
    assert inputs["dockerfile"] == "docker/gateway/Dockerfile"
    assert inputs["arguments"] == {"BASE_IMAGE": "debian:bookworm-slim"}


def test_it_runs_the_image_that_was_built() -> None:
    assert one(declare_server("cpu", {}), CONTAINER, GATEWAY).inputs["image"].startswith("sha256:image-")


TOLD = {
    "GATEWAY_MODEL": "jina-embeddings-v5-text-nano-retrieval",
    "GATEWAY_QUERY_PREFIX": "Query: ",
    "GATEWAY_DOCUMENT_PREFIX": "Document: ",
    "GATEWAY_WIDTH": "768",
    "GATEWAY_TRAINED_DIMS": "32,64,128,256,512,768",
    "GATEWAY_AT_ONCE": "16",
    "GATEWAY_WAITING": "256",
    "GATEWAY_CORS_ORIGINS": "",
    "GATEWAY_PORT": "8080",
    "GATEWAY_SERVER_PORT": "8080",
}


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({}, {}),
        (
            {"modelName": "mine", "modelQueryPrefix": "", "modelDocumentPrefix": "passage: "},
            {"GATEWAY_MODEL": "mine", "GATEWAY_QUERY_PREFIX": "", "GATEWAY_DOCUMENT_PREFIX": "passage: "},
        ),
        (
            {"modelDimensions": 384, "dims": 384},
            {"GATEWAY_WIDTH": "384", "GATEWAY_TRAINED_DIMS": "32,64,128,256,384"},
        ),
        ({"serverParallel": 32}, {"GATEWAY_AT_ONCE": "64"}),
        ({"serverQueryParallel": 16}, {"GATEWAY_AT_ONCE": "32"}),
        (
            {"serverCorsOrigins": ["https://a.example", "http://localhost:3000"]},
            {"GATEWAY_CORS_ORIGINS": "https://a.example,http://localhost:3000"},
        ),
    ],
    ids=str,
)
def test_it_is_told_of_model_lanes_and_origins(changes: dict[str, object], more: dict[str, str]) -> None:
    told = one(declare_server("cpu", changes), CONTAINER, GATEWAY).inputs["envs"]
    assert dict(entry.split("=", 1) for entry in told) == TOLD | more


def test_neither_lanes_nor_their_sizes_threads_and_shares_make_another_gateway() -> None:
    changes: list[dict[str, object]] = [
        {"serverLanes": 1},
        {"serverParallel": 8, "serverThreads": 2, "serverQueryParallel": 2, "serverQueryThreads": 2},
        {
            "serverContextSize": 512,
            "serverQueryContextSize": 300,
            "serverBatchSize": 9000,
            "serverUbatchSize": 9000,
            "serverQueryShares": 2,
            "serverDocumentShares": 3,
        },
    ]
    before = one(declare_server("cpu", {}), CONTAINER, GATEWAY).inputs
    for change in changes:
        after = one(declare_server("cpu", change), CONTAINER, GATEWAY).inputs
        assert {key: after[key] for key in after if key != "image"} == {
            key: before[key] for key in before if key != "image"
        }


def test_it_reads_the_api_key_from_a_file_and_no_resource_of_the_docker_provider_has_it() -> None:
    declared = declare_server("cpu", {"serverApiKey": "hunter2"})
    inputs = one(declared, CONTAINER, GATEWAY).inputs
    assert "GATEWAY_KEY_FILE=/run/secrets/stack/said by gateway-key" in inputs["envs"]
    volume = "jina-search-test-gateway-key"
    assert inputs["mounts"][1:] == [
        {"type": "volume", "source": volume, "target": "/run/secrets/stack", "readOnly": True}
    ]
    delivery = one(declared, COMMAND, "gateway-key")
    assert delivery.inputs["environment"]["SECRET_DELIVERY_CONTENT"] == "hunter2"
    assert delivery.secrets == {"environment"}
    assert "hunter2" not in str([item.inputs for item in declared if item.type.startswith("docker:")])


def test_its_destruction_removes_also_the_images_of_the_proxy_that_had_its_place() -> None:
    build = one(declare_server("cpu", {}), COMMAND, "gateway-build").inputs
    assert build["environment"]["IMAGE_REMOVAL_KINDS"] == "gateway,proxy"
