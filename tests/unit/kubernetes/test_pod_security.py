"""Every pod of a stack passes the level `restricted` of Kubernetes' Pod Security Standards, and asks for no more."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.declared import shown
from tests.unit.kubernetes.pod_security import violations
from tests.unit.kubernetes.stack import declared, found, pod, templates

STACKS: list[dict[str, Any]] = [
    {},
    {"serverApiKey": "a-key", "imagePullSecrets": ["pull"], "modelTokenSecret": "hub"},
    {"modelDelivery": "claim", "modelTokenSecret": "hub"},
    {"modelDelivery": "claim", "kubernetesModelClaim": "mine"},
    {"device": "cuda", "kubernetesRuntimeClass": "nvidia", "serverGpus": "2"},
    {"serverLanes": 1, "elasticsearchUrl": "https://elasticsearch.test:9200"},
]

PODS = [(changes, name) for changes in STACKS for name, _ in sorted(templates(declared(**changes)))]


def spec_of(changes: dict[str, Any], name: str) -> dict[str, Any]:
    return dict(dict(templates(declared(**changes)))[name]["spec"])


def test_the_stacks_have_pods_of_every_part() -> None:
    assert {name for _, name in PODS} == {
        "Deployment gateway",
        "Deployment llama-server-documents",
        "Deployment llama-server-queries",
        "StatefulSet elasticsearch",
        "Job llama-server-model",
    }


@pytest.mark.parametrize(("changes", "name"), PODS, ids=shown)
def test_a_pod_passes_the_level_restricted(changes: dict[str, Any], name: str) -> None:
    assert violations(spec_of(changes, name)) == []


@pytest.mark.parametrize(("changes", "name"), PODS, ids=shown)
def test_no_pod_gets_a_token_of_the_cluster_or_other_services_variables(
    changes: dict[str, Any], name: str
) -> None:
    spec = spec_of(changes, name)
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert not {"serviceAccountName", "serviceAccount"} & set(spec)


@pytest.mark.parametrize(
    ("changes", "name"), [case for case in PODS if not case[1].startswith("StatefulSet")], ids=shown
)
def test_no_container_of_ours_can_write_beside_its_volumes(changes: dict[str, Any], name: str) -> None:
    spec = spec_of(changes, name)
    for one in (*spec.get("initContainers", ()), *spec["containers"]):
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert spec["securityContext"]["runAsUser"] == spec["securityContext"]["runAsGroup"] == 10001
    # The group by which it may read a Secret's files, and write to a claim.
    assert spec["securityContext"]["fsGroup"] == 10001


def _container(spec: dict[str, Any]) -> Any:
    return spec["containers"][0]


def _own(spec: dict[str, Any]) -> Any:
    return _container(spec)["securityContext"]


@pytest.mark.parametrize(
    ("spoil", "found_"),
    [
        (lambda spec: spec.update(hostNetwork=True), "hostNetwork of the pod"),
        (lambda spec: spec.update(hostPID=True), "hostPID of the pod"),
        (lambda spec: spec["volumes"].append({"name": "a", "hostPath": {}}), "volume hostPath of the pod"),
        (lambda spec: spec["securityContext"].update(runAsUser=0), "runAsUser of the pod"),
        (lambda spec: spec["securityContext"].pop("runAsNonRoot"), "runAsNonRoot of gateway"),
        (lambda spec: spec["securityContext"].pop("seccompProfile"), "seccompProfile of gateway"),
        (
            lambda spec: spec["securityContext"].update(sysctls=[{"name": "kernel.msgmax"}]),
            "sysctl kernel.msgmax of the pod",
        ),
        (lambda spec: _own(spec).update(runAsNonRoot=False), "runAsNonRoot of gateway"),
        (lambda spec: _own(spec).update(privileged=True), "privileged of gateway"),
        (lambda spec: _own(spec).update(procMount="Unmasked"), "procMount of gateway"),
        (lambda spec: _own(spec).pop("allowPrivilegeEscalation"), "allowPrivilegeEscalation of gateway"),
        (lambda spec: _own(spec).update(capabilities={}), "capabilities.drop of gateway"),
        (lambda spec: _own(spec)["capabilities"].update(add=["SYS_ADMIN"]), "capabilities.add of gateway"),
        (lambda spec: _own(spec).update(seLinuxOptions={"user": "root"}), "seLinuxOptions of gateway"),
        (
            lambda spec: _own(spec).update(appArmorProfile={"type": "Unconfined"}),
            "appArmorProfile of gateway",
        ),
        (lambda spec: _container(spec)["ports"][0].update(hostPort=80), "hostPort of gateway"),
        (
            lambda spec: _container(spec)["livenessProbe"]["httpGet"].update(host="10.0.0.1"),
            "host of a probe of gateway",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_check_finds_what_the_standard_forbids(
    spoil: Callable[[dict[str, Any]], object], found_: str
) -> None:
    spec = dict(pod("gateway"))
    assert violations(spec) == []
    spoil(spec)
    assert violations(spec) == [found_]


def test_the_stacks_namespace_refuses_pods_that_could_do_more() -> None:
    labels = found("Namespace", "jina-search-k8s")["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
