"""The pods of the gateway: what runs in them, when they are ready, and how they end."""

from typing import Any

import pytest

from components.server.gateway_environment import gateway_environment
from tests.unit.declared import one, shown
from tests.unit.kubernetes.stack import REGISTRY, container, found, pod, variables
from tests.unit.project import stack_settings
from tests.unit.server.declared_server import CONTAINER, declare_server

OWN = {
    "GATEWAY_INITIAL": "/etc/gateway/lanes.json",
    "GATEWAY_DRAIN_SECONDS": "5",
    "GATEWAY_KEPT_SECONDS": "0",
}
"""What the gateway is told in a cluster alone."""

KEY = {"serverApiKey": "a-key"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"modelName": "another", "modelQueryPrefix": "question: ", "modelDocumentPrefix": "passage: "},
        {"serverCorsOrigins": ["https://a.test", "https://b.test"], "serverParallel": 16},
    ],
    ids=shown,
)
def test_the_gateway_gets_the_variables_that_it_gets_on_docker(changes: dict[str, Any]) -> None:
    on_docker = one(declare_server("cpu", changes), CONTAINER, "gateway").inputs["envs"]
    here = variables(container("gateway", **changes))
    assert {f"{name}={value}" for name, value in here.items() if name not in OWN} == set(on_docker)
    assert OWN.items() <= here.items()


@pytest.mark.parametrize(
    ("changes", "replicas"),
    [
        ({}, 1),
        ({"kubernetesReplicas": 3}, 3),
        ({"kubernetesQueryReplicas": 4}, 4),
        ({"kubernetesMaxReplicas": 6}, 6),
        ({"kubernetesQueryMaxReplicas": 7}, 7),
        ({"kubernetesGatewayReplicas": 9}, 1),
    ],
    ids=shown,
)
def test_the_gateway_asks_as_much_at_once_as_there_can_be_servers(
    changes: dict[str, Any], replicas: int
) -> None:
    settings = stack_settings("k8s", imageRegistry=REGISTRY, **changes)
    expected = gateway_environment(settings.model, settings.server, replicas=replicas)
    assert variables(container("gateway", **changes)) == {**expected, **OWN}


@pytest.mark.parametrize(
    ("changes", "file", "secrets"),
    [({}, None, []), (KEY, "/run/secrets/jina-search/key", ["llama-server-key-1234567"])],
    ids=shown,
)
def test_the_key_is_in_a_file_of_a_secret(
    changes: dict[str, Any], file: str | None, secrets: list[str]
) -> None:
    assert variables(container("gateway", **changes)).get("GATEWAY_KEY_FILE") == file
    volumes = pod("gateway", **changes)["volumes"]
    assert [one_["secret"]["secretName"] for one_ in volumes if "secret" in one_] == secrets


@pytest.mark.parametrize("kind", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_a_gateway_is_ready_while_no_server_is_yet(kind: str) -> None:
    assert container("gateway")[kind]["httpGet"] == {"path": "/live", "port": 8080}


def test_a_gateway_that_ends_has_time_for_its_requests() -> None:
    drain = int(variables(container("gateway"))["GATEWAY_DRAIN_SECONDS"])
    # As long as a server gets for the same requests.
    assert pod("gateway")["terminationGracePeriodSeconds"] >= drain + 300


def test_a_gateway_starts_with_the_lanes_of_the_config_map_and_keeps_its_own_orders() -> None:
    volumes = {one_["name"]: one_ for one_ in pod("gateway")["volumes"]}
    mounts = {one_["mountPath"]: one_ for one_ in container("gateway")["volumeMounts"]}
    assert set(mounts) == {"/var/lib/gateway", "/etc/gateway", "/tmp"}
    assert volumes[mounts["/etc/gateway"]["name"]]["configMap"] == {"name": "gateway-lanes"}
    assert mounts["/etc/gateway"]["readOnly"] is True
    assert "emptyDir" in volumes[mounts["/var/lib/gateway"]["name"]]
    assert volumes[mounts["/tmp"]["name"]]["emptyDir"]["medium"] == "Memory"


def test_the_config_map_begins_empty_and_is_then_left_to_the_switch() -> None:
    assert found("ConfigMap", "gateway-lanes")["data"] == {"lanes.json": "{}"}


def test_a_gateway_has_little_of_a_node() -> None:
    assert container("gateway")["resources"] == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"memory": "512Mi"},
    }


@pytest.mark.parametrize("field", ["nodeSelector", "runtimeClassName"])
def test_a_gateway_needs_no_node_with_a_gpu(field: str) -> None:
    changes: dict[str, Any] = {
        "device": "cuda",
        "kubernetesNodeSelector": ["gpu=yes"],
        "kubernetesRuntimeClass": "nvidia",
        "kubernetesTolerations": ["gpu:NoSchedule"],
    }
    made = pod("gateway", **changes)
    assert field not in made
    assert len(made["tolerations"]) == 2
    assert field in pod("llama-server-documents", **changes)
