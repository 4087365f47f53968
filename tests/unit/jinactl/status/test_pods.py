"""The pods of a stack on Kubernetes, as a status shows them."""

import json
from dataclasses import replace

import pytest

from components.kubernetes.errors import NoClusterError
from components.kubernetes.kubectl import Target
from jinactl.status.pods import read_pods
from jinactl.status.show import lines
from jinactl.status.state import ContainerState, Unread
from tests.unit.jinactl.doctor.test_kubernetes import pod
from tests.unit.jinactl.status.states import GATEWAY, WELL

CLUSTER = Target(context="mine", namespace="ns")


def read(monkeypatch: pytest.MonkeyPatch, *pods: object) -> tuple[ContainerState, ...] | Unread:
    told = json.dumps({"items": pods})
    monkeypatch.setattr("components.kubernetes.live_pods.run", lambda _arguments, _target: told)
    return read_pods(CLUSTER)


def test_pods_are_shown_as_containers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    crashing = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}
    found = read(
        monkeypatch, pod("a"), pod("b", ready=False), pod("c", ready=False, restarts=4, state=crashing)
    )
    assert not isinstance(found, Unread)
    assert [(one.name, one.status, one.health, one.restarts) for one in found] == [
        ("a", "running", "healthy", 0),
        ("b", "running", "unhealthy", 0),
        ("c", "CrashLoopBackOff", "", 4),
    ]
    assert found[0].logs == "kubectl --context mine --namespace ns logs a --container main"


def test_a_pod_that_has_not_been_started_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
    found = read(monkeypatch, pod("a", ready=False, state=waits))
    assert not isinstance(found, Unread)
    assert [(one.status, one.logs) for one in found] == [
        ("ImagePullBackOff", "kubectl --context mine --namespace ns describe pod a")
    ]


def test_no_pods_and_no_cluster_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    none = read(monkeypatch)
    assert isinstance(none, Unread)
    assert "no pod of this stack in namespace ns" in none.why

    def fails(*_: object) -> str:
        raise NoClusterError("refused")

    monkeypatch.setattr("components.kubernetes.live_pods.run", fails)
    assert read_pods(CLUSTER) == Unread("the pods are not told: The cluster does not answer: refused")


def test_the_gateways_address_comes_with_the_command_that_opens_it() -> None:
    url = "kubectl://my%20own@ns/llama-server:8080"
    told = {one.name: one.text for one in lines(replace(WELL, gateway=replace(GATEWAY, url=url)))}
    command = "kubectl --context 'my own' --namespace ns port-forward service/llama-server 8080"
    assert f"{url} (`{command}` opens it at http://127.0.0.1:8080), " in told["gateway"]
