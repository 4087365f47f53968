"""Whatever a stack declares is taken by a real API server, and its pods by a namespace of the level restricted."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.kubernetes.cluster import Cluster
from tests.unit.declared import shown
from tests.unit.kubernetes.stack import EVERYTHING, declared, kind, objects, templates, whole

pytestmark = pytest.mark.kubernetes

NAMESPACE = "admission"
LABELS = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}

STACKS: list[dict[str, Any]] = [
    {},
    EVERYTHING,
    {
        "device": "cuda",
        "serverGpus": "2",
        "serverMemory": 8192,
        "serverCpus": "1.5",
        "kubernetesNodeSelector": ["gpu=yes"],
        "kubernetesTolerations": ["gpu:NoSchedule", "kind=gpu:NoExecute"],
        "imagePullSecrets": ["pull"],
        "modelTokenSecret": "hub",
    },
    {
        "serverApiKey": "a-key",
        "serverLanes": 1,
        "kubernetesServiceType": "NodePort",
        "modelDelivery": "claim",
        "kubernetesModelClaim": "mine",
        "kubernetesCpuRequest": "0.001",
        "kubernetesMaxReplicas": 3,
    },
]


@pytest.fixture(scope="module")
def cluster(fake_nodes: Cluster) -> Cluster:
    """Return a cluster with the namespace."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": LABELS}}
    fake_nodes.kubectl("apply", "--filename=-", given=json.dumps(namespace))
    fake_nodes.kubectl(
        "wait", "--for=create", "serviceaccount/default", f"--namespace={NAMESPACE}", "--timeout=20s"
    )
    return fake_nodes


def manifests(**changes: Any) -> Iterator[dict[str, Any]]:
    """Return the objects of a stack, and a pod of each template: a template alone is never refused."""
    made = declared(kubernetesNamespace=NAMESPACE, **changes)
    for item in objects(made):
        manifest = whole(item.inputs)
        yield {**manifest, "metadata": {"name": item.name, **manifest["metadata"]}}
    for name, template in templates(made):
        metadata = {**template["metadata"], "name": name.lower().replace(" ", "-"), "namespace": NAMESPACE}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


@pytest.mark.parametrize("changes", STACKS, ids=shown)
def test_a_cluster_takes_every_object_of_a_stack(cluster: Cluster, changes: dict[str, Any]) -> None:
    given = list(manifests(**changes))
    said = cluster.kubectl(
        "apply",
        "--server-side",
        "--dry-run=server",
        "--filename=-",
        given=json.dumps({"apiVersion": "v1", "kind": "List", "items": given}),
    )
    assert len(said.splitlines()) == len(given)
    assert {one["kind"] for one in given} >= {kind(item) for item in objects(declared())} - {"Namespace"}
