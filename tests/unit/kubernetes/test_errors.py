"""What people are told when a cluster, or kubectl, does not do what it is asked: words of kubectl 1.34."""

from pathlib import Path
from typing import Any

import pytest

from components.kubernetes.cluster import require_cluster
from components.kubernetes.dynamic.cluster_identity import ClusterIdentityProvider
from components.kubernetes.errors import AnotherClusterError, AnotherNamespaceError, NoKubectlError
from components.kubernetes.kubectl import Target, explained, run
from tests.unit.kubernetes.kubectl_double import KubectlDouble

TARGET = Target(namespace="jina-search-k8s")
REFUSED = "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?"
FORBIDDEN = (
    'Error from server (Forbidden): pods "gateway-1" is forbidden: User "joe" cannot create resource "pods/exec" in '
    'API group "" in the namespace "jina-search-k8s"'
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (REFUSED, "The cluster does not answer"),
        ("Unable to connect to the server: dial tcp: lookup api.example: no such host", "does not answer"),
        ("error: stat /home/me/.kube/config: no such file or directory", "does not answer"),
        (FORBIDDEN, "The cluster refuses it"),
        ("error: You must be logged in to the server (Unauthorized)", "does not accept the credentials"),
        ("Error in configuration: context was not found for specified context: nope", "no such context"),
    ],
)
def test_each_failure_is_told_with_the_words_of_kubectl(said: str, told: str) -> None:
    message = str(explained(f"{said}\n"))
    assert told in message
    assert said in message


def test_what_is_forbidden_leads_to_the_page_with_the_rights() -> None:
    assert "docs/kubernetes.md" in str(explained(FORBIDDEN))


def test_without_kubectl_its_installation_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoKubectlError, match=r"`kubectl` command is not on PATH.*install"):
        run(["version"], TARGET)


def test_another_cluster_is_refused_with_the_ways_out(kubectl: KubectlDouble) -> None:
    kubectl.answer("get namespace kube-system", "found")
    assert require_cluster(TARGET, "") == require_cluster(TARGET, "found") == "found"
    with pytest.raises(AnotherClusterError, match="kubernetes:context"):
        require_cluster(TARGET, "known")


@pytest.mark.parametrize(("keeps_data", "refused"), [(True, True), (False, False)])
def test_another_namespace_is_refused_while_documents_are_in_the_former(
    kubectl: KubectlDouble, keeps_data: bool, refused: bool
) -> None:
    kubectl.answer("get namespace kube-system", "uid")
    known: dict[str, Any] = {
        "environment": {},
        "namespace": "jina-search-k8s",
        "keeps_data": keeps_data,
        "cluster_uid": "uid",
    }
    wanted = {**known, "namespace": "jina-search-prod", "preview": False}
    if refused:
        with pytest.raises(AnotherNamespaceError, match="kubernetesNamespace jina-search-k8s"):
            ClusterIdentityProvider().diff("cluster", known, wanted)
    else:
        assert ClusterIdentityProvider().diff("cluster", known, wanted).changes
