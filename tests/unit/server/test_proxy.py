"""ServerProxy: what keeps the server's address, and what it may do."""

import pytest

from tests.unit.declared import one
from tests.unit.server.declared_server import COMMAND, CONTAINER, declare_server

IMAGE = "pulumi-python:dynamic/image:WantedImage"
VOLUME = "docker:index/volume:Volume"
PROXY = "proxy"


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
    ports = one(declared, CONTAINER, PROXY).inputs["ports"]
    assert ports == [{"internal": 8080, "external": 8181, "ip": address}]
    served = one(declared, COMMAND, "llama-server-served").inputs["environment"]
    assert served["EMBEDDING_CHECK_URL"] == f"{url}/v1/embeddings"


def test_containers_of_the_stack_reach_the_server_under_one_name() -> None:
    inputs = one(declare_server("cpu", {}), CONTAINER, PROXY).inputs
    assert inputs["networksAdvanced"] == [{"name": "jina-search-test", "aliases": ["llama-server"]}]


def test_it_has_least_privilege_and_is_kept_running() -> None:
    inputs = one(declare_server("cpu", {}), CONTAINER, PROXY).inputs
    assert inputs["capabilities"] == {"drops": ["ALL"]}
    assert inputs["securityOpts"] == ["no-new-privileges"]
    assert inputs["readOnly"] is True
    assert "privileged" not in inputs
    assert inputs["restart"] == "unless-stopped"


def test_what_waits_for_it_is_a_check_that_the_traffic_depends_on() -> None:
    declared = declare_server("cpu", {})
    assert one(declared, CONTAINER, PROXY).inputs["wait"] is False
    check = one(declared, COMMAND, "proxy-check").inputs
    assert check["environment"] == {
        "ANSWER_CHECK_PROGRAM": "proxy",
        "ANSWER_CHECK_CONTAINER": "jina-search-test-proxy",
        "ANSWER_CHECK_PORT": "8080",
        "ANSWER_CHECK_PATIENCE": "60",
    }
    assert check["triggers"] == ["proxy-id"]
    after = one(declared, COMMAND, "llama-server-traffic").dependencies
    assert any(urn.endswith(f"{COMMAND}::proxy-check") for urn in after)


def test_who_has_its_port_is_looked_up_before_it_is_replaced() -> None:
    declared = declare_server("cpu", {"serverPort": 8181})
    proxy = one(declared, CONTAINER, PROXY)
    assert any(urn.endswith(f"{COMMAND}::proxy-port") for urn in proxy.dependencies)
    owner = "jina-search-test-0a1b2c"
    assert proxy.inputs["labels"] == [{"label": "jina-search.stack", "value": owner}]
    assert one(declared, COMMAND, "proxy-port").inputs["environment"] == {
        "PORT_CHECK_ADDRESS": "127.0.0.1",
        "PORT_CHECK_PORT": "8181",
        "PORT_CHECK_CONTAINER": "jina-search-test-proxy",
        "PORT_CHECK_OWNER": owner,
        "PORT_CHECK_SETTING": "serverPort",
    }


def test_the_server_that_it_asks_is_kept_in_a_volume() -> None:
    declared = declare_server("cpu", {})
    assert one(declared, VOLUME).inputs["name"] == "jina-search-test-proxy"
    mounts = one(declared, CONTAINER, PROXY).inputs["mounts"]
    assert mounts == [{"type": "volume", "source": "jina-search-test-proxy", "target": "/var/lib/proxy"}]


@pytest.mark.parametrize("stack", ["cpu", "gpu"])
def test_it_is_built_on_the_base_for_cpus_on_every_stack(stack: str) -> None:
    inputs = one(declare_server(stack, {"imageBase": "debian:bookworm-slim"}), IMAGE).inputs
    assert (inputs["image_name"], inputs["kind"]) == ("jina-llama-server", "proxy")
    assert inputs["dockerfile"] == "docker/proxy/Dockerfile"
    assert inputs["arguments"] == {"BASE_IMAGE": "debian:bookworm-slim"}


def test_it_runs_the_image_that_was_built() -> None:
    assert one(declare_server("cpu", {}), CONTAINER, PROXY).inputs["image"].startswith("sha256:image-")
