"""What the objects of a stack in a cluster are called, and by which labels they find each other."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.declared import Declared, shown
from tests.unit.kubernetes.stack import (
    EVERYTHING,
    INSTANCE,
    LANE,
    LANES,
    NAME,
    REVISION,
    STACK,
    declared,
    declared_as,
    found,
    kind,
    objects,
    templates,
)

OF_THE_CLUSTER = ("Namespace",)
LONGEST = 63
LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
LABEL_VALUE = r"([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?"

STACK_NAMES = [
    STACK,
    "jina-search-" + "long" * 22,
    "jina-search-My_Stack",
    "jina-search-eu.west.2",
    "jina-search-x-",
]
"""Project and stack: Pulumi allows letters, digits, dashes, underscores and dots, up to 100 of them."""


def key(item: Declared) -> tuple[str, str]:
    return kind(item), str(item.inputs["metadata"].get("name", ""))


def test_the_objects_are_called_what_docs_and_programs_expect() -> None:
    names = {
        (kind_, re.sub(r"-[0-9a-f]{8}$", "-DIGITS", name))
        for kind_, name in map(key, objects(declared(**EVERYTHING)))
    }
    lanes = {f"llama-server-{lane}-DIGITS" for lane in LANES}
    workloads = {"gateway", *lanes}
    assert names == {
        ("Namespace", STACK),
        # Named by the provider, so that another key is another Secret.
        ("Secret", ""),
        ("ConfigMap", "gateway-lanes"),
        *((kind_, name) for kind_ in ("Deployment", "PodDisruptionBudget") for name in workloads),
        *(("HorizontalPodAutoscaler", name) for name in workloads),
        *(("Service", name) for name in ("llama-server", "llama-server-queries", *lanes)),
        ("Ingress", "gateway"),
        ("PersistentVolumeClaim", "models"),
        ("Job", "model-DIGITS"),
        *(("NetworkPolicy", part) for part in ("llama-server", "gateway", "elasticsearch", "model")),
        ("StatefulSet", "elasticsearch"),
        ("Service", "elasticsearch"),
        ("Secret", "elasticsearch-password"),
        ("PersistentVolumeClaim", "elasticsearch-data"),
        ("PersistentVolumeClaim", "elasticsearch-backups"),
    }


def test_no_two_objects_have_the_same_name() -> None:
    named = [one for one in map(key, objects(declared(**EVERYTHING))) if one[1]]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("namespace", ["", "search"])
def test_all_objects_are_in_one_namespace(namespace: str) -> None:
    made = declared(kubernetesNamespace=namespace, **EVERYTHING)
    inside = [item for item in objects(made) if kind(item) not in OF_THE_CLUSTER]
    assert {item.inputs["metadata"]["namespace"] for item in inside} == {namespace or STACK}
    # One that is there already is somebody else's.
    assert len(objects(made, *OF_THE_CLUSTER)) == (0 if namespace else 1)


def test_all_objects_have_the_labels_that_kubernetes_recommends() -> None:
    for item in objects(declared(**EVERYTHING)):
        labels = item.inputs["metadata"]["labels"]
        assert labels[INSTANCE] == STACK
        assert labels["app.kubernetes.io/part-of"] == "jina-search"
        assert labels["app.kubernetes.io/managed-by"] == "pulumi"
        assert kind(item) in OF_THE_CLUSTER or labels[NAME] in (
            "llama-server",
            "gateway",
            "elasticsearch",
            "model",
        )


@pytest.mark.parametrize("stack", STACK_NAMES, ids=shown)
def test_names_and_labels_are_valid_however_the_stack_is_called(stack: str) -> None:
    made = declared_as(stack, **EVERYTHING)
    for item in objects(made):
        metadata = item.inputs["metadata"]
        for name in (metadata.get("name", item.name), metadata.get("namespace", STACK)):
            assert len(name) <= LONGEST
            assert re.fullmatch(LABEL, name), name
    for labels in (
        *(item.inputs["metadata"]["labels"] for item in objects(made)),
        *(template["metadata"]["labels"] for _, template in templates(made)),
    ):
        for value in labels.values():
            assert len(value) <= LONGEST
            assert re.fullmatch(LABEL_VALUE, value), value


def test_two_stacks_share_neither_namespace_nor_instance() -> None:
    long = "jina-search-" + "long" * 15
    names = [
        STACK,
        "jina-search-K8s",
        "jina-search-my.stack",
        "jina-search-my_stack",
        f"{long}-a",
        f"{long}-b",
    ]
    namespaces, instances = set(), set()
    for name in names:
        (namespace,) = objects(declared_as(name), "Namespace")
        namespaces.add(namespace.inputs["metadata"]["name"])
        instances.add(namespace.inputs["metadata"]["labels"][INSTANCE])
    assert len(namespaces) == len(instances) == len(names)


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return selector.items() <= labels.items()


def workloads() -> dict[str, tuple[Mapping[str, Any], Mapping[str, str]]]:
    """Return specification, and labels of the pods, of each Deployment and StatefulSet by its resource's name."""
    made = objects(declared(**EVERYTHING), "Deployment", "StatefulSet")
    return {
        item.name: (item.inputs["spec"], item.inputs["spec"]["template"]["metadata"]["labels"])
        for item in made
    }


def test_a_workload_selects_its_own_pods_and_no_others() -> None:
    for name, (spec, _) in workloads().items():
        selector = spec["selector"]["matchLabels"]
        assert [other for other, (_, labels) in workloads().items() if selects(selector, labels)] == [name]


@pytest.mark.parametrize(
    ("service", "pods"),
    [
        ("llama-server-documents-.{8}", "llama-server-documents"),
        ("llama-server-queries-.{8}", "llama-server-queries"),
        ("elasticsearch", "elasticsearch"),
    ],
)
def test_a_service_leads_to_the_pods_of_one_workload(service: str, pods: str) -> None:
    selector = found("Service", service, **EVERYTHING)["spec"]["selector"]
    assert [name for name, (_, labels) in workloads().items() if selects(selector, labels)] == [pods]


@pytest.mark.parametrize("service", ["llama-server", "llama-server-queries"])
def test_both_names_of_the_gateway_lead_to_its_pods(service: str) -> None:
    (spec,) = [
        item.inputs["spec"]
        for item in objects(declared(), "Service")
        if item.inputs["metadata"]["name"] == service
    ]
    assert [name for name, (_, labels) in workloads().items() if selects(spec["selector"], labels)] == [
        "gateway"
    ]


def test_the_port_of_a_service_leads_to_that_of_its_pods() -> None:
    made = declared(serverPort=9090)
    pods = [template for _, template in templates(made)]
    for item in objects(made, "Service"):
        spec = item.inputs["spec"]
        (port,) = spec["ports"]
        (ports,) = (
            template["spec"]["containers"][0]["ports"]
            for template in pods
            if selects(spec["selector"], template["metadata"]["labels"])
        )
        inside = {one["name"]: one["containerPort"] for one in ports}[port["targetPort"]]
        of_gateway = spec["selector"][NAME] == "gateway"
        assert port["port"] == (9090 if of_gateway else inside)


@pytest.mark.parametrize("lane", LANES)
def test_the_name_of_a_lanes_deployment_says_lane_and_revision(lane: str) -> None:
    deployment = found("Deployment", f"llama-server-{lane}")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert labels[LANE] == lane
    assert deployment["metadata"]["name"] == f"llama-server-{lane}-{labels[REVISION]}"
    assert re.fullmatch("[0-9a-f]{8}", labels[REVISION])
