"""The platform of a cluster: what the program declares there, in which order, and what it says about it."""

import json
from collections import Counter
from typing import Any

import pytest

from components.platform.kubernetes import KubernetesPlatform
from tests.unit.declared import declare, one, shown
from tests.unit.kubernetes.stack import REGISTRY, before, declared, objects
from tests.unit.project import stack_settings

COMMAND = "command:local:Command"
DYNAMIC = "pulumi-python:dynamic"

OBJECTS = {
    "kubernetes:core/v1:Namespace": 1,
    "kubernetes:core/v1:ConfigMap": 1,
    "kubernetes:core/v1:Secret": 1,
    "kubernetes:core/v1:Service": 5,
    "kubernetes:core/v1:PersistentVolumeClaim": 2,
    "kubernetes:apps/v1:Deployment": 3,
    "kubernetes:apps/v1:StatefulSet": 1,
    "kubernetes:policy/v1:PodDisruptionBudget": 3,
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": 4,
}

NODE = {
    "kubernetes:core/v1:Secret": 1,
    "kubernetes:core/v1:Service": 1,
    "kubernetes:core/v1:PersistentVolumeClaim": 2,
    "kubernetes:apps/v1:StatefulSet": 1,
}

LANE = {
    "kubernetes:core/v1:Service": 1,
    "kubernetes:apps/v1:Deployment": 1,
    "kubernetes:policy/v1:PodDisruptionBudget": 1,
}


@pytest.mark.parametrize(
    ("changes", "added", "left_out"),
    [
        ({}, {}, {}),
        ({"elasticsearchUrl": "https://elasticsearch.test:9200"}, {}, NODE),
        ({"serverLanes": 1}, {}, LANE),
        ({"serverApiKey": "a-key"}, {"kubernetes:core/v1:Secret": 1}, {}),
        ({"device": "cuda"}, {}, {}),
        (
            {"modelDelivery": "claim"},
            {"kubernetes:core/v1:PersistentVolumeClaim": 1, "kubernetes:batch/v1:Job": 1},
            {},
        ),
        ({"kubernetesNetworkPolicies": False}, {}, {"kubernetes:networking.k8s.io/v1:NetworkPolicy": 4}),
        ({"kubernetesNamespace": "mine"}, {}, {"kubernetes:core/v1:Namespace": 1}),
        ({"kubernetesMaxReplicas": 3}, {"kubernetes:autoscaling/v2:HorizontalPodAutoscaler": 1}, {}),
    ],
    ids=shown,
)
def test_each_setting_adds_its_objects_and_no_others(
    changes: dict[str, Any], added: dict[str, int], left_out: dict[str, int]
) -> None:
    types = Counter(item.type for item in objects(declared(**changes)))
    assert types == Counter(OBJECTS) + Counter(added) - Counter(left_out)


def test_nothing_of_the_docker_platform_is_declared() -> None:
    types = {item.type for item in declared()}
    assert not [name for name in types if name.startswith("docker:")]
    assert not types & {"jina:engine:StackEngine", "jina:network:StackNetwork", "jina:server:LlamaServer"}


def test_the_search_resources_are_those_of_docker() -> None:
    types = Counter(item.type for item in declared() if item.type.startswith(f"{DYNAMIC}/elasticsearch"))
    assert types == {
        f"{DYNAMIC}/elasticsearch:Password": 1,
        f"{DYNAMIC}/elasticsearch:Superuser": 1,
        f"{DYNAMIC}/elasticsearch:DeletionGuard": 2,
        f"{DYNAMIC}/elasticsearch:ClusterCheck": 1,
        f"{DYNAMIC}/elasticsearch:InferenceEndpoint": 5,
        f"{DYNAMIC}/elasticsearch:IngestPipeline": 1,
        f"{DYNAMIC}/elasticsearch:Index": 1,
        f"{DYNAMIC}/elasticsearch:DemoDocuments": 1,
    }


def test_with_both_images_prebuilt_no_docker_engine_is_asked() -> None:
    made = declared(imagePrebuilt="there.test/server:1", gatewayImagePrebuilt="there.test/gateway:1")
    assert not [item.type for item in made if item.type.startswith(f"{DYNAMIC}/image")]
    programs = {item.name for item in made if item.type == COMMAND}
    assert not {name for name in programs if name.endswith(("-build", "-push"))}


@pytest.mark.parametrize("lane", ["documents", "queries"])
def test_servers_change_only_once_documents_are_known_to_survive(lane: str) -> None:
    deployment = one(declared(), "kubernetes:apps/v1:Deployment", f"llama-server-{lane}")
    assert f"{DYNAMIC}/elasticsearch:ClusterCheck::cluster" in before(declared(), deployment)


def test_nothing_goes_to_the_cluster_before_it_is_known_to_be_the_stacks() -> None:
    made = declared(serverApiKey="a-key")
    for item in objects(made):
        earlier = before(made, item)
        assert "pulumi-python:dynamic/kubernetes:ClusterIdentity::kubernetes" in earlier, item.name
        if item.type != "kubernetes:core/v1:Namespace":
            assert "kubernetes:core/v1:Namespace::namespace" in earlier, item.name


def test_a_destruction_begins_with_the_look_at_the_cluster() -> None:
    made = declared()
    guard = one(made, COMMAND, "kubernetes-guard")
    assert guard.inputs["delete"].endswith(" python3 -m components.commands.cluster_check")
    assert not {"create", "update", "triggers"} & set(guard.inputs)
    assert f"{DYNAMIC}/elasticsearch:DeletionGuard::search-guard" in before(made, guard)
    assert not [item.name for item in made if f"{COMMAND}::kubernetes-guard" in before(made, item)]


def test_nothing_of_the_cluster_is_deleted_before_that_look() -> None:
    made = declared(kubernetesIngressHost="search.test", serverApiKey="a-key")
    later = before(made, one(made, COMMAND, "kubernetes-guard"))
    assert not {f"{item.type}::{item.name}" for item in objects(made)} - later


def test_the_search_comes_after_the_servers_have_proved_themselves() -> None:
    earlier = before(declared(), one(declared(), f"{DYNAMIC}/elasticsearch:Index"))
    assert {f"{COMMAND}::llama-server-{lane}-served" for lane in ("documents", "queries")} <= earlier


def test_elasticsearch_asks_the_gateway_through_its_services() -> None:
    urls = {
        json.loads(item.inputs["body"])["url"]
        for item in declared(serverPort=9090)
        if item.type == f"{DYNAMIC}/elasticsearch:InferenceEndpoint"
    }
    gateway, queries = (
        f"http://{name}.jina-search-k8s.svc:9090" for name in ("llama-server", "llama-server-queries")
    )
    assert urls == {
        f"{gateway}/v1/embeddings",
        f"{gateway}/document/v1/embeddings",
        f"{queries}/query/v1/embeddings",
    }


@pytest.mark.parametrize(
    ("changes", "namespace"), [({}, "jina-search-k8s"), ({"kubernetesNamespace": "mine"}, "mine")], ids=shown
)
def test_the_platform_says_where_it_is(changes: dict[str, Any], namespace: str) -> None:
    said: dict[str, str] = {}

    def program() -> None:
        settings = stack_settings("k8s", imageRegistry=REGISTRY, **changes)
        platform = KubernetesPlatform(settings, "jina-search-k8s", "jina-search-k8s-0a1b2c")
        gateway = platform.gateway()
        platform.engine_id.apply(lambda value: said.update(engine=value))
        said.update(namespace=platform.namespace, url=gateway.url, embeddings=gateway.query_embeddings_url)

    declare(program, "k8s")
    assert said == {
        "engine": "",
        "namespace": namespace,
        "url": f"kubectl://{namespace}/llama-server:8080",
        "embeddings": f"kubectl://{namespace}/llama-server:8080/query/v1/embeddings",
    }
