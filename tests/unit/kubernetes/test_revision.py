"""The revision of a lane's servers: another one for whatever their pods run, and for nothing else."""

from typing import Any

import pytest

from tests.unit.declared import shown
from tests.unit.kubernetes.stack import LANES, STACK, declared_as, objects

BASE: dict[str, Any] = {
    "imagePrebuilt": "there.test/server@sha256:1",
    "gatewayImagePrebuilt": "there.test/gateway:1",
}


def names(**changes: object) -> list[str]:
    """Return the names of the lanes' Deployments."""
    made = objects(declared_as(STACK, **{**BASE, **changes}), "Deployment")
    called = {item.name: str(item.inputs["metadata"]["name"]) for item in made}
    return [called[f"llama-server-{lane}"] for lane in LANES]


def test_the_same_settings_give_the_same_names() -> None:
    assert names() == names(dims=768)


OTHERS: list[dict[str, Any]] = [
    {"imagePrebuilt": "there.test/server@sha256:2"},
    {"gatewayImagePrebuilt": "there.test/gateway:2"},
    {"quant": "Q8_0"},
    {"modelName": "another"},
    {"modelPooling": "mean"},
    {"modelHubEndpoint": "https://hub.test"},
    {"modelTokenSecret": "hub"},
    {"modelDelivery": "claim"},
    {"serverApiKey": "a-key"},
    {"serverExtraArguments": ["LLAMA_ARG_LOG_TIMESTAMPS=1"]},
    {"serverCpus": "2"},
    {"serverMemory": 8192},
    {"device": "cuda"},
    {"kubernetesCpuRequest": "2"},
    {"kubernetesNodeSelector": ["disk=fast"]},
    {"kubernetesTolerations": ["gpu:NoSchedule"]},
    {"kubernetesRuntimeClass": "gvisor"},
    {"imagePullSecrets": ["pull"]},
]


@pytest.mark.parametrize("changes", OTHERS, ids=shown)
def test_another_pod_is_another_deployment_beside_the_old_one(changes: dict[str, Any]) -> None:
    assert not set(names(**changes)) & set(names())


SAME: list[dict[str, Any]] = [
    {"dims": 256},
    {"modelQueryPrefix": "question: "},
    {"modelDocumentPrefix": "passage: "},
    {"kubernetesReplicas": 3},
    {"kubernetesQueryReplicas": 3},
    {"kubernetesGatewayReplicas": 3},
    {"kubernetesMaxReplicas": 3},
    {"kubernetesClientNamespaces": ["search"]},
    {"kubernetesNetworkPolicies": False},
    {"elasticsearchMemory": 2048},
    {"elasticsearchUrl": "https://elasticsearch.test:9200"},
    {"serverPort": 9090},
    {"serverCorsOrigins": ["https://a.test"]},
    {"demoDocuments": False},
]


@pytest.mark.parametrize("changes", SAME, ids=shown)
def test_what_pods_do_not_run_leaves_them_as_they_are(changes: dict[str, Any]) -> None:
    assert names(**changes) == names()


@pytest.mark.parametrize(
    ("changes", "other"),
    [
        ({"serverQueryParallel": 3}, [False, True]),
        ({"serverQueryContextSize": 1024}, [False, True]),
        ({"serverThreads": 3}, [True, False]),
        ({"serverParallel": 3}, [True, False]),
    ],
    ids=shown,
)
def test_a_setting_of_one_lane_leaves_the_other_as_it_is(changes: dict[str, Any], other: list[bool]) -> None:
    assert [new != old for new, old in zip(names(**changes), names(), strict=True)] == other
