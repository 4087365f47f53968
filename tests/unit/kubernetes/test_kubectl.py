"""kubectl is run for the cluster that is set, and its words become errors that say what to do."""

import sys
from pathlib import Path

import pytest

from components.kubernetes.errors import (
    ForbiddenError,
    KubectlError,
    NoClusterError,
    NoContextError,
    NoKubectlError,
    NoNodeError,
    NotFoundError,
    UnauthorizedError,
)
from components.kubernetes.kubectl import Target, explained, run
from tests.unit.kubernetes.kubectl_double import KubectlDouble

REFUSED = "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?"
LOGGED = (
    'E1127 23:08:16.451217   25834 memcache.go:265] "Unhandled Error" err="couldn\'t get API group list"\n'
)


@pytest.fixture
def telling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a kubectl on PATH that tells how it was called."""
    program = tmp_path / "kubectl"
    program.write_text(
        f"""#!{sys.executable}
import os, sys
print(sys.argv[1:], os.environ["KUBECONFIG"], sys.stdin.read(), sep="\\n")
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("KUBECONFIG", "the machine's")
    return program


@pytest.mark.usefixtures("telling")
@pytest.mark.parametrize(
    ("target", "arguments"),
    [
        (Target(), "['get', 'pods']"),
        (Target(context="c", namespace="n"), "['--context', 'c', '--namespace', 'n', 'get', 'pods']"),
    ],
    ids=["the machine's own", "set"],
)
def test_kubectl_asks_the_cluster_that_is_set_by_the_machines_kubeconfig(
    target: Target, arguments: str
) -> None:
    assert run(["get", "pods"], target).splitlines()[:2] == [arguments, "the machine's"]


@pytest.mark.usefixtures("telling")
def test_what_is_given_is_its_input() -> None:
    assert run(["apply", "-f", "-"], Target(), given="an object").splitlines()[-1] == "an object"


@pytest.mark.parametrize(
    ("said", "error", "advice"),
    [
        (REFUSED, NoClusterError, "kubernetes:context"),
        (
            "Unable to connect to the server: dial tcp: lookup x: no such host",
            NoClusterError,
            "kubectl cluster-info",
        ),
        ("error: stat /nope: no such file or directory", NoClusterError, "KUBECONFIG"),
        (
            "error: context was not found for specified context: a",
            NoContextError,
            "kubectl config get-contexts",
        ),
        ('error: context "a" does not exist', NoContextError, "kubernetes:context"),
        ("error: You must be logged in to the server (Unauthorized)", UnauthorizedError, "Log in again"),
        (
            'Error from server (Forbidden): pods is forbidden: User "a" cannot list resource "pods"',
            ForbiddenError,
            "docs/kubernetes.md",
        ),
        ('Error from server (NotFound): pods "a" not found', NotFoundError, 'pods "a" not found'),
        # By the gateway of a stack on Docker.
        (
            "Error from server (NotFound): the server could not find the requested resource",
            NoClusterError,
            "localhost:8080",
        ),
        (
            "Error from server (NotFound): the server could not find the requested resource (get pods a)",
            NotFoundError,
            "(get pods a)",
        ),
        (
            "Error from server: error dialing backend: dial tcp 10.89.0.3:10250: connect: connection refused",
            NoNodeError,
            "kubectl get nodes",
        ),
        (
            'Error from server: Get "https://10.89.0.3:10250/containerLogs/a/b/c": dial tcp: i/o timeout',
            NoNodeError,
            "kubectl get nodes",
        ),
        # What a container says of its own files is nothing of the cluster.
        (
            'error: exec: "use-server": stat use-server: no such file or directory',
            KubectlError,
            "kubectl failed",
        ),
        ("error: something else", KubectlError, "error: something else"),
    ],
)
def test_what_kubectl_says_becomes_an_error_with_what_to_do(
    said: str, error: type[KubectlError], advice: str
) -> None:
    told = explained(said)
    assert type(told) is error
    assert said in str(told)
    assert advice in str(told)


def test_attempts_that_kubectl_logs_are_not_repeated() -> None:
    assert "memcache" not in str(explained(LOGGED * 5 + REFUSED))
    assert "memcache" in str(explained(LOGGED))


def test_kubectl_that_fails_is_an_error(kubectl: KubectlDouble) -> None:
    kubectl.answer("get services", "one")
    assert run(["get", "services"], Target()) == "one"
    with pytest.raises(KubectlError, match="nothing is known of get pods"):
        run(["get", "pods"], Target())


def test_without_kubectl_the_error_says_where_it_is_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoKubectlError, match="not on PATH"):
        run(["get", "pods"], Target())


def test_a_cluster_that_says_nothing_does_not_answer(telling: Path) -> None:
    telling.write_text("#!/bin/sh\nexec sleep 30\n")
    with pytest.raises(NoClusterError, match="`kubectl get pods` did not end within 0 s"):
        run(["get", "pods", "--output=json"], Target(), within=0.3)


def test_programs_get_the_target_in_their_environment() -> None:
    environment = {"KUBECTL_CONTEXT": "c", "KUBECTL_NAMESPACE": "n"}
    assert Target.from_environment(environment) == Target(context="c", namespace="n")
    assert Target.from_environment({}) == Target()
