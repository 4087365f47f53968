"""Platform settings: what means nothing on a platform is refused by name, and what a cluster needs is asked for."""

import pytest

from components.settings import Settings, SettingsError
from components.settings.rules.platform import ONLY_ON
from tests.unit.project import as_text, config_schema, stack_settings

REGISTRY = "registry.example/team"


def on_kubernetes(**changes: object) -> Settings:
    return stack_settings("k8s", **{"imageRegistry": REGISTRY, **changes})


def problems_of(**changes: object) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        on_kubernetes(**changes)
    return list(raised.value.problems)


def test_the_defaults_are_those_of_pulumi_yaml() -> None:
    schema = config_schema()
    for defaults in ONLY_ON.values():
        assert defaults == {key: as_text(schema[key]["default"]) for key in defaults}


def test_every_setting_of_kubernetes_is_refused_elsewhere() -> None:
    named = {key for key in config_schema() if key.startswith("kubernetes")}
    assert named <= set(ONLY_ON["kubernetes"])


OTHERS = {
    "dockerEngine": "ABCD",
    "modelsDirectory": "elsewhere",
    "modelKeepFiles": False,
    "serverAddress": "::1",
    "elasticsearchPort": 9201,
    "elasticsearchVolume": "mine",
}


@pytest.mark.parametrize("key", sorted(ONLY_ON["docker"]))
def test_a_setting_of_docker_is_refused_on_kubernetes(key: str) -> None:
    (problem,) = problems_of(**{key: OTHERS[key]})
    assert problem.startswith(f"{key} is set, but means nothing on the platform kubernetes: ")
    assert f"pulumi config rm {key}" in problem


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kubernetesNamespace", "search"),
        ("kubernetesReplicas", 3),
        ("kubernetesTolerations", ["gpu:NoSchedule"]),
        ("imageRegistry", REGISTRY),
        ("modelTokenSecret", "hub"),
    ],
)
def test_a_setting_of_kubernetes_is_refused_on_docker(key: str, value: object) -> None:
    with pytest.raises(SettingsError) as raised:
        stack_settings("cpu", **{key: value})
    (problem,) = raised.value.problems
    assert problem.startswith(f"{key} is set, but means nothing on the platform docker: ")
    assert problem.endswith("or set platform to kubernetes.")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"imageRegistry": ""}, "imageRegistry is empty, and a cluster's nodes pull images"),
        ({"imageRegistry": "", "imagePrebuilt": "server:1"}, "or set gatewayImagePrebuilt to images"),
        (
            {"modelDelivery": "mount"},
            "modelDelivery is mount, which the platform kubernetes has not: it must be fetch or claim (`pulumi",
        ),
        ({"kubernetesServiceType": "NodePort"}, "kubernetesServiceType is NodePort, so others"),
        ({"kubernetesIngressHost": "search.example"}, "kubernetesIngressHost is search.example, so others"),
        ({"kubernetesTlsSecret": "tls"}, "kubernetesTlsSecret is tls, but kubernetesIngressHost is empty"),
        ({"kubernetesReplicas": 3, "kubernetesMaxReplicas": 2}, "kubernetesMaxReplicas is 2 and"),
        ({"serverLanes": 1, "kubernetesQueryReplicas": 2}, "kubernetesQueryReplicas is 2, but serverLanes"),
        ({"kubernetesNodeSelector": ["gpu"]}, "kubernetesNodeSelector has gpu: each must be KEY=VALUE"),
        ({"kubernetesTolerations": ["gpu"]}, "kubernetesTolerations has gpu: each must be KEY=VALUE:EFFECT"),
        ({"device": "cuda", "serverGpus": "GPU-1"}, "serverGpus is GPU-1: in a cluster"),
        ({"kubernetesModelClaim": "models"}, "kubernetesModelClaim is models, but modelDelivery is fetch"),
        (
            {"kubernetesClientNamespaces": ["web", "Shop"]},
            "kubernetesClientNamespaces has Shop: each must be",
        ),
        ({"imagePullSecrets": ["Login"]}, "imagePullSecrets has Login: each must be the name of a Secret"),
        ({"kubernetesCpuRequest": "0.0"}, 'kubernetesCpuRequest is "0.0": it must be a number of CPUs'),
        ({"kubernetesNamespace": "Search"}, 'kubernetesNamespace is "Search": it must be'),
        ({"imagePullSecrets": ["a", "A login"]}, "imagePullSecrets has A login: each must be the name of"),
        (
            {"kubernetesClientNamespaces": ["a.b"]},
            "kubernetesClientNamespaces has a.b: each must be the name of a namespace",
        ),
        ({"modelHubEndpoint": "https://me:token@hub.example"}, "modelHubEndpoint has a user or token in it"),
        ({"kubernetesElasticsearchStorage": "10"}, 'kubernetesElasticsearchStorage is "10": it must be'),
    ],
)
def test_what_a_cluster_cannot_have_is_refused_with_the_reason(changes: dict[str, object], said: str) -> None:
    (problem,) = problems_of(**changes)
    assert said in problem


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"imageRegistry": "", "imagePrebuilt": "server:1", "gatewayImagePrebuilt": "gateway:1"},
        {"modelDelivery": "claim", "kubernetesModelClaim": "models"},
        {"kubernetesTolerations": ["gpu=yes:NoSchedule", "example.com/spot:NoExecute"]},
        {"kubernetesNodeSelector": ["node.kubernetes.io/instance-type=g5", "gpu="]},
        {"device": "cuda", "serverGpus": "2"},
        {"imagePullSecrets": ["team.login"], "kubernetesClientNamespaces": ["ingress-nginx"]},
        {"modelHubEndpoint": "https://hub.example"},
    ],
)
def test_what_a_cluster_can_have_is_accepted(changes: dict[str, object]) -> None:
    assert on_kubernetes(**changes).platform == "kubernetes"
