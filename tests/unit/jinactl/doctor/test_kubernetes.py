"""What the doctor finds of a stack on Kubernetes: kubectl, the cluster, its namespace and pods."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.connection import Connection
from components.elasticsearch.errors import UnreachableError
from components.kubernetes.errors import (
    ForbiddenError,
    KubectlError,
    NoClusterError,
    NoContextError,
    NoKubectlError,
    NotFoundError,
)
from components.kubernetes.kubectl import Target
from jinactl.doctor import cluster, engine, examination, gateway, kubernetes, pods
from jinactl.doctor.cluster import ClusterReading
from jinactl.doctor.examination import examine
from jinactl.doctor.gateway import GatewayReading
from jinactl.doctor.pods import PodsReading, read_pods
from tests.unit.jinactl.doctor.declaration import declared, found

CLUSTER = Target(context="my own", namespace="jina-search-k8s")
SERVERS = {
    "serverContainer": "llama-server-documents-0a1b",
    "queryServerContainer": "llama-server-queries-0a1b",
}
DECLARED = declared(
    **SERVERS,
    platform="kubernetes",
    kubernetesNamespace=CLUSTER.namespace,
    serverUrl="kubectl://my%20own@jina-search-k8s/llama-server:8080",
    embeddingsUrl="kubectl://my%20own@jina-search-k8s/llama-server:8080/v1/embeddings",
    elasticsearchUrl="kubectl://my%20own@jina-search-k8s/elasticsearch:9200",
    elasticsearchVolume="elasticsearch-data",
)
NAMES = {
    "gateway": ["gateway-1"],
    "llama-server": ["llama-server-documents-0a1b-x", "llama-server-queries-0a1b-y"],
    "elasticsearch": ["elasticsearch-0"],
}


def pod(name: str, *, ready: bool = True, restarts: int = 0, state: Any = None) -> dict[str, Any]:
    """Return what the cluster tells of a pod."""
    told = {"name": "main", "restartCount": restarts, "state": state or {"running": {}}}
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "main"}]},
        "status": {"phase": "Running", "conditions": conditions, "containerStatuses": [told]},
    }


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what kubectl answers, by a part of its command line; an error is raised."""
    told: dict[str, Any] = {"get namespace": "namespace/jina-search-k8s"}
    for part, names in NAMES.items():
        told[f"{part} "] = {"items": [pod(name) for name in names]}

    def run(arguments: list[str], target: Target, **_: object) -> str:
        assert target == CLUSTER
        line = " ".join(arguments) + " "
        answer = next((one for part, one in told.items() if part in line), "")
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, str) else json.dumps(answer)

    monkeypatch.setattr(pods, "run", run)
    monkeypatch.setattr("components.kubernetes.live_pods.run", run)
    return told


def findings() -> Mapping[str, str]:
    """Return what the checks find, those left out that only could not look."""
    told = found(kubernetes.CHECKS, read_pods(DECLARED, CLUSTER))
    return {name: said for name, said in told.items() if not said.startswith("not looked")}


def test_the_outputs_tell_which_cluster_and_namespace_a_stack_is_in() -> None:
    assert DECLARED.facts.cluster == CLUSTER
    assert DECLARED.kubectl == "kubectl --context 'my own' --namespace jina-search-k8s"
    assert declared().facts.cluster is None
    assert declared().kubectl == ""


def test_nothing_is_found_of_pods_that_are_all_there_and_ready(answers: dict[str, Any]) -> None:
    assert answers
    assert findings() == {}


@pytest.mark.parametrize(
    ("error", "check", "told"),
    [
        (NoKubectlError(), "kubectl-missing", "install it"),
        (NoContextError("nope"), "kubernetes-context", "`kubectl config get-contexts` lists those"),
        (NoClusterError("refused"), "kubernetes-unreachable", "does not answer: refused -> Start it"),
        (ForbiddenError("pods"), "kubernetes-refusal", "refuses it: pods -> docs/kubernetes.md"),
        (
            KubectlError("kubectl failed: odd"),
            "kubernetes-refusal",
            "odd -> `kubectl cluster-info` says more",
        ),
    ],
    ids=["no-kubectl", "no-context", "no-cluster", "forbidden", "other"],
)
def test_a_cluster_that_can_not_be_asked_is_found_once(
    error: KubectlError, check: str, told: str, answers: dict[str, Any]
) -> None:
    answers["gateway "] = error
    (name, said), *more = findings().items()
    assert (name, more) == (check, [])
    assert told in said


def test_a_namespace_that_is_gone_is_found(answers: dict[str, Any]) -> None:
    answers["get namespace"] = NotFoundError("gone")
    assert list(findings()) == ["namespace-missing"]
    assert "no namespace jina-search-k8s" in findings()["namespace-missing"]


def test_who_may_not_see_namespaces_sees_pods_all_the_same(answers: dict[str, Any]) -> None:
    answers["get namespace"] = ForbiddenError("namespaces")
    assert findings() == {}


@pytest.mark.parametrize(
    ("part", "left", "told"),
    [
        (
            "gateway",
            [],
            "of the gateway -> `kubectl --context 'my own' --namespace jina-search-k8s describe dep",
        ),
        ("llama-server", NAMES["llama-server"][:1], "of llama-server-queries-0a1b, the server for queries"),
        ("elasticsearch", [], "describe statefulset/elasticsearch"),
    ],
    ids=["gateway", "server", "node"],
)
def test_a_part_without_a_pod_is_found(
    part: str, left: list[str], told: str, answers: dict[str, Any]
) -> None:
    answers[f"{part} "] = {"items": [pod(name) for name in left]}
    assert list(findings()) == ["pod-missing"]
    assert told in findings()["pod-missing"]


@pytest.mark.parametrize(
    ("state", "log", "told"),
    [
        (
            {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "line\nerror: unknown model architecture: 'x'\n",
            "; its last line is: error: unknown model architecture: "
            "'x' -> This build of llama.cpp does not know the model's architecture",
        ),
        (
            {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}},
            "",
            "describe pod llama-server-documents-0a1b-x` says why",
        ),
    ],
    ids=["crashes", "no-image"],
)
def test_a_pod_that_is_not_ready_is_found_with_its_reason_and_last_line(
    state: Any, log: str, told: str, answers: dict[str, Any]
) -> None:
    documents, queries = NAMES["llama-server"]
    restarts = 3 if log else 0
    broken = pod(documents, ready=False, restarts=restarts, state=state)
    answers["llama-server "] = {"items": [broken, pod(queries)]}
    answers["logs"] = log
    assert list(findings()) == ["pod-not-ready"]
    said = findings()["pod-not-ready"]
    assert f"{state['waiting']['reason']}: {state['waiting']['message']}" in said
    assert told in said


def test_a_stack_on_kubernetes_is_examined_without_docker_and_its_cluster_is_found_once(
    answers: dict[str, Any],
) -> None:
    answers["get namespace"] = NoClusterError("refused")
    report = examine(DECLARED)
    why = {report.not_looked[one.name] for one in engine.CHECKS}
    assert why == {"the stack runs on Kubernetes, not on Docker"}
    assert [name for name, _ in report.found] == ["kubernetes-unreachable"]
    left = {report.not_looked[one.name] for one in (*gateway.CHECKS, *cluster.CHECKS)}
    assert left == {"the cluster can't be asked"}


def test_an_elasticsearch_outside_of_the_cluster_is_asked_whatever_becomes_of_that(
    answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers["get namespace"] = NotFoundError("gone")
    asked: list[str] = []
    monkeypatch.setattr(
        examination, "_examine_cluster", lambda _client, seen, _report: asked.append(seen.server_url)
    )
    outside = replace(DECLARED.facts, connection=Connection(url="https://es.example:9200"))
    report = examine(replace(DECLARED, facts=outside))
    assert asked == [DECLARED.server_url]
    assert report.not_looked["gateway-unreachable"] == "the stack's namespace is not there"


def test_remedies_of_gateway_and_node_name_kubectl() -> None:
    silent = found(gateway.CHECKS, GatewayReading(declared=DECLARED, said="no"))["gateway-unreachable"]
    assert "`kubectl --context 'my own' --namespace jina-search-k8s get pods`" in silent
    error = UnreachableError(
        "kubectl://ns/es:9200 can't be reached: no pod. Not yet.\n`kubectl get pods` shows it."
    )
    told = found(cluster.CHECKS, ClusterReading(declared=DECLARED, error=error))["elasticsearch-unreachable"]
    assert told == "kubectl://ns/es:9200 can't be reached: no pod. Not yet -> `kubectl get pods` shows it."
    reading = PodsReading(declared=DECLARED, error=NoKubectlError())
    assert "not looked" in found(kubernetes.CHECKS, reading)["pod-missing"]
    assert found(cluster.CHECKS, ClusterReading(declared=DECLARED)).keys() <= {
        "elasticsearch-privileges",
        "elasticsearch-version",
    }
