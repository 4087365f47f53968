"""What the stack declares, given to a real API server: admitted, scheduled, rolled out, scaled. Nothing runs in it."""

import time
from typing import Any

import pytest
import yaml

from sandbox.kubernetes.cluster import Cluster
from tests.unit.kubernetes.stack import declared, kind, objects, whole

pytestmark = pytest.mark.kubernetes

ABLE_WITHIN = 60.0
"""Seconds in which the autoscalers have looked at what they scale; they look every 15."""

KEY = "a key of eight words"

SETTINGS: dict[str, dict[str, object]] = {
    "as_it_ships": {},
    "scaled": {
        "kubernetesMaxReplicas": 3,
        "kubernetesQueryMaxReplicas": 3,
        "kubernetesGatewayMaxReplicas": 4,
    },
    "scaled_by_requests": {"kubernetesMaxReplicas": 3, "kubernetesScaleBy": "requests"},
    "from_a_claim": {"modelDelivery": "claim"},
    "open": {
        "serverApiKey": KEY,
        "kubernetesServiceType": "NodePort",
        "kubernetesIngressHost": "search.test",
        "kubernetesTlsSecret": "certificate",
    },
    "one_lane": {"serverLanes": 1, "kubernetesReplicas": 2},
    "placed": {
        "kubernetesNodeSelector": ["kubernetes.io/os=linux"],
        "kubernetesTolerations": ["gpu:NoSchedule"],
        "imagePullSecrets": ["registry"],
    },
}


def manifests(changes: dict[str, object], namespace: str) -> list[dict[str, Any]]:
    """Return the objects as the provider sends them, in a namespace of the test's own."""
    found = []
    for item in objects(declared(kubernetesNamespace=namespace, **changes)):
        group, _, version = item.type.removeprefix("kubernetes:").partition(":")[0].rpartition("/")
        core = group in ("core", "")
        manifest = dict(whole(item.inputs))
        if "name" not in manifest["metadata"]:  # the provider then makes one of the resource's
            manifest["metadata"] = {**manifest["metadata"], "generateName": f"{item.name}-"}
        found.append(
            {**manifest, "apiVersion": version if core else f"{group}/{version}", "kind": kind(item)}
        )
    return found


def namespace_of(name: str) -> dict[str, Any]:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


@pytest.mark.parametrize("chosen", SETTINGS)
def test_a_cluster_admits_and_rolls_out_what_the_stack_declares(fake_nodes: Cluster, chosen: str) -> None:
    namespace = f"objects-{chosen.replace('_', '-')}"
    place = f"--namespace={namespace}"
    fake_nodes.kubectl("create", "--filename=-", given=yaml.safe_dump(namespace_of(namespace)))
    everything = manifests(SETTINGS[chosen], namespace)
    assert {one["kind"] for one in everything} >= {"Deployment", "Service", "StatefulSet", "NetworkPolicy"}
    # The server says what it does not know in a warning alone, unless it is told to be strict.
    said = fake_nodes.kubectl(
        "create", "--filename=-", "--validate=strict", given=yaml.safe_dump_all(everything)
    )
    assert len(said.splitlines()) == len(everything)
    for one in everything:
        name = f"{one['kind']}/{one['metadata'].get('name')}".lower()
        if one["kind"] in ("Deployment", "StatefulSet"):
            fake_nodes.kubectl("rollout", "status", name, place, "--timeout=90s")
        if one["kind"] == "Job":
            fake_nodes.kubectl("wait", "--for=condition=Complete", name, place, "--timeout=60s")
        if one["kind"] == "HorizontalPodAutoscaler":
            _wait_until_able(fake_nodes, name, place)
    fake_nodes.kubectl("delete", "namespace", namespace, "--wait=false")


def _wait_until_able(cluster: Cluster, name: str, place: str) -> None:
    """Wait until the controller has found what an autoscaler scales; the measurements are another matter."""
    until = time.monotonic() + ABLE_WITHIN
    while True:
        conditions = cluster.get(name, place)["status"].get("conditions", ())
        if any(one["type"] == "AbleToScale" and one["status"] == "True" for one in conditions):
            return
        assert time.monotonic() < until, conditions
        time.sleep(1)
