"""How many pods there are, how they change, and who may take them away."""

from typing import Any

import pytest

from components.kubernetes.resources import busy_cpus
from tests.unit.declared import one, shown
from tests.unit.kubernetes.stack import (
    EVERYTHING,
    INSTANCE,
    REGISTRY,
    SERVERS,
    STACK,
    declared,
    found,
    objects,
)
from tests.unit.project import stack_settings

WORKLOADS = (*SERVERS, "gateway")
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


@pytest.mark.parametrize(
    ("changes", "replicas"),
    [
        ({}, {"llama-server-documents": 1, "llama-server-queries": 1, "gateway": 2}),
        (
            {"kubernetesReplicas": 3, "kubernetesQueryReplicas": 4, "kubernetesGatewayReplicas": 5},
            {"llama-server-documents": 3, "llama-server-queries": 4, "gateway": 5},
        ),
        ({"serverLanes": 1, "kubernetesReplicas": 3}, {"llama-server-documents": 3, "gateway": 2}),
    ],
    ids=shown,
)
def test_there_are_as_many_pods_as_are_set(changes: dict[str, Any], replicas: dict[str, int]) -> None:
    made = objects(declared(**changes), "Deployment")
    assert {item.name: item.inputs["spec"]["replicas"] for item in made} == replicas
    assert not objects(declared(**changes), "HorizontalPodAutoscaler")


SCALED = {
    "gateway": ("kubernetesGatewayReplicas", "kubernetesGatewayMaxReplicas"),
    "llama-server-documents": ("kubernetesReplicas", "kubernetesMaxReplicas"),
    "llama-server-queries": ("kubernetesQueryReplicas", "kubernetesQueryMaxReplicas"),
}


@pytest.mark.parametrize(
    ("name", "lane", "slots"),
    [("llama-server-documents", "documents", 3), ("llama-server-queries", "queries", 5)],
)
def test_servers_can_be_scaled_by_the_requests_in_flight_for_their_lane(
    name: str, lane: str, slots: int
) -> None:
    least, most = SCALED[name]
    changes = {"kubernetesScaleBy": "requests", "serverParallel": 3, "serverQueryParallel": 5}
    scaler = found("HorizontalPodAutoscaler", name, **{least: 2, most: 6}, **changes)
    (metric,) = scaler["spec"]["metrics"]
    assert metric["object"] == {
        "describedObject": {"apiVersion": "v1", "kind": "Service", "name": "llama-server"},
        "metric": {
            "name": "gateway_requests_in_flight",
            "selector": {"matchLabels": {"lane": lane}},
        },
        "target": {"type": "AverageValue", "averageValue": str(2 * slots)},
    }


@pytest.mark.parametrize("name", WORKLOADS)
def test_an_autoscaler_decides_how_many_there_are_after_the_first(name: str) -> None:
    least, most = SCALED[name]
    changes: dict[str, Any] = {least: 2, most: 6}
    deployment = found("Deployment", name, **changes)
    assert deployment["spec"]["replicas"] == 2
    (declared_one,) = (one for one in objects(declared(**changes), "Deployment") if one.name == name)
    assert declared_one.options.ignore_changes == ("spec.replicas",)
    scaler = found("HorizontalPodAutoscaler", name, **changes)
    settings = stack_settings("k8s", imageRegistry=REGISTRY, **changes)
    assert scaler["spec"] == {
        "scaleTargetRef": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": deployment["metadata"]["name"],
        },
        "minReplicas": 2,
        "maxReplicas": 6,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {
                        "type": "AverageValue",
                        "averageValue": "600m" if name == "gateway" else busy_cpus(settings),
                    },
                },
            }
        ],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
    }
    assert len(objects(declared(**changes), "HorizontalPodAutoscaler")) == 1


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_changed_pod_is_ready_before_an_old_one_goes(name: str) -> None:
    assert found("Deployment", name)["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }


@pytest.mark.parametrize("name", WORKLOADS)
def test_one_pod_at_a_time_may_be_taken_away(name: str) -> None:
    budget, deployment = found("PodDisruptionBudget", name), found("Deployment", name)
    assert budget["spec"] == {"maxUnavailable": 1, "selector": deployment["spec"]["selector"]}


@pytest.mark.parametrize("name", SERVERS)
def test_other_servers_are_made_beside_those_that_serve(name: str) -> None:
    made = [item for item in objects(declared()) if item.name == name]
    kinds = {item.type.rpartition(":")[2] for item in made}
    assert {"Deployment", "Service", "PodDisruptionBudget"} <= kinds
    assert not [item.type for item in made if item.options.delete_before_replace]


def test_gateways_of_another_selector_wait_for_the_former_whose_name_they_have() -> None:
    """A stack that is renamed has another selector, and no cluster lets that of a Deployment be changed."""
    assert one(declared(), DEPLOYMENT, "gateway").options.delete_before_replace


@pytest.mark.parametrize("name", WORKLOADS)
def test_deployments_are_awaited_and_their_services_are_not(name: str) -> None:
    assert "pulumi.com/skipAwait" not in found("Deployment", name)["metadata"]["annotations"]
    for item in objects(declared(), "Service"):
        assert item.inputs["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"


def test_an_update_takes_back_what_was_changed_by_hand_but_nothing_from_another_stack() -> None:
    forced = {
        (item.type.rpartition(":")[2], item.name)
        for item in objects(declared(**EVERYTHING))
        if item.inputs["metadata"].get("annotations", {}).get("pulumi.com/patchForce") == "true"
    }
    # Selectors of Deployments, which nobody can change, have the stack's name in them; those claims are taken over on
    # purpose, and the set with them, once it is known that nothing else uses them.
    assert forced == {
        *(("Deployment", name) for name in WORKLOADS),
        ("StatefulSet", "elasticsearch"),
        ("PersistentVolumeClaim", "elasticsearch-data"),
        ("PersistentVolumeClaim", "elasticsearch-backups"),
    }
    for item in objects(declared(**EVERYTHING), "Deployment"):
        assert item.inputs["spec"]["selector"]["matchLabels"][INSTANCE] == STACK


@pytest.mark.parametrize("name", SERVERS)
def test_a_lane_moves_once_its_servers_are_ready(name: str) -> None:
    made = declared()
    traffic = one(made, "command:local:Command", f"{name}-traffic")
    server = found("Deployment", name)["metadata"]["name"]
    assert traffic.inputs["environment"]["TRAFFIC_SERVER"] == f"{server}.jina-search-k8s.svc:8080"
    assert traffic.inputs["environment"]["TRAFFIC_LANES"] == name.rpartition("-")[2]
    waited = [urn.rpartition("$")[2] for urn in traffic.dependencies]
    assert {f"{DEPLOYMENT}::{name}", f"kubernetes:core/v1:Service::{name}"} <= set(waited)
    served = one(made, "command:local:Command", f"{name}-served")
    assert any(urn.endswith(f"::{name}-traffic") for urn in served.dependencies)


def test_the_only_server_gets_both_lanes() -> None:
    traffic = one(declared(serverLanes=1), "command:local:Command", "llama-server-documents-traffic")
    assert traffic.inputs["environment"]["TRAFFIC_LANES"] == "documents,queries"


def test_a_lane_moves_again_when_there_are_other_lanes_to_write_to() -> None:
    made = declared()
    traffic = one(made, "command:local:Command", "llama-server-documents-traffic")
    assert len(traffic.inputs["triggers"]) == 1
    assert traffic.inputs["triggers"][0].startswith("uid-")
    assert one(made, "kubernetes:core/v1:ConfigMap", "gateway").options.ignore_changes == ("data",)
