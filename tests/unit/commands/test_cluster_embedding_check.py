"""The check of embeddings in a cluster: it asks through the Service, and pods explain why it fails."""

import math
from typing import Any

import pytest

from components.commands import cluster_embedding_check
from components.commands.cluster_embedding_check import Check, run
from components.errors import StackError
from components.kubernetes.errors import KubectlError, NoKubectlError
from tests.unit.commands.test_embedding_check import UNIT, answering, embedding
from tests.unit.kubectl_double import KubectlDouble, pod

URL = "kubectl://search/llama-server:8080/document/v1/embeddings"
CHECK = Check.from_environment(
    {
        "KUBECTL_NAMESPACE": "search",
        "EMBEDDING_CHECK_URL": URL,
        "EMBEDDING_CHECK_MODEL": "nano",
        "EMBEDDING_CHECK_WIDTH": "4",
        "EMBEDDING_CHECK_API_KEY": "hunter2",
        "EMBEDDING_CHECK_SELECTOR": "part=server",
    }
)


def container(restarts: int = 0, **state: Any) -> dict[str, Any]:
    return {"name": "llama-server", "restartCount": restarts, "state": state}


CRASHED = {
    **container(3, waiting={"reason": "CrashLoopBackOff", "message": "back-off 40s"}),
    "lastState": {"terminated": {"exitCode": 1}},
}


def forwards_to(monkeypatch: pytest.MonkeyPatch, *told: str | Exception) -> list[str]:
    """Have the address forwarded to what is told in turn, or fail so; return the addresses that are asked for."""
    asked: list[str] = []

    def forwarded(url: str) -> str:
        asked.append(url)
        found = told[min(len(asked), len(told)) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(cluster_embedding_check, "forwarded", forwarded)
    return asked


def test_the_service_is_asked_through_a_forward(
    monkeypatch: pytest.MonkeyPatch, kubectl: KubectlDouble
) -> None:
    seen: list[dict[str, object]] = []
    with answering([embedding(UNIT)], seen) as url:
        assert forwards_to(monkeypatch, url) == []
        assert run(CHECK) == "nano answers with 4 finite numbers of length 1"
    assert seen[0]["key"] == "Bearer hunter2"
    assert kubectl.asked == []


def test_a_forward_that_cannot_be_had_yet_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, kubectl: KubectlDouble
) -> None:
    kubectl.pods = [pod("a", ready=False)]
    with answering([embedding(UNIT)]) as url:
        asked = forwards_to(monkeypatch, KubectlError("pod is not running"), url)
        assert "4 finite numbers" in run(CHECK, patience=5)
    assert asked == [URL, URL]


def test_without_kubectl_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    forwards_to(monkeypatch, NoKubectlError())
    with pytest.raises(NoKubectlError):
        run(CHECK)


def test_a_failure_names_the_address_and_tells_how_the_pods_are_and_what_the_worst_said(
    monkeypatch: pytest.MonkeyPatch, kubectl: KubectlDouble
) -> None:
    waiting = container(waiting={"reason": "ImagePullBackOff", "message": "no such image"})
    kubectl.pods = [pod("a"), pod("b", ready=False, containerStatuses=[waiting])]
    kubectl.logs = {"a": "serving\n", "b": "error loading model\n"}
    with answering([(503, "not yet")]) as url:
        forwards_to(monkeypatch, url)
        with pytest.raises(StackError) as raised:
            run(CHECK, patience=0)
    lines = str(raised.value).splitlines()
    assert lines[0].startswith(f"{URL} did not give an embedding within 0 s (HTTP 503")
    assert lines[1:] == [
        "The last lines of its log (kubectl --namespace search logs --all-containers --selector part=server):",
        "  error loading model",
        "The pods behind it:",
        "  a: ready",
        "  b: ImagePullBackOff: no such image",
    ]


def test_a_pod_that_crashes_at_every_start_is_reported_at_once_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, kubectl: KubectlDouble
) -> None:
    kubectl.pods = [pod("a"), pod("b", ready=False, containerStatuses=[CRASHED])]
    kubectl.logs = {"b": "unknown model architecture: 'x'\n"}
    with answering([(503, "not yet")]) as url:
        forwards_to(monkeypatch, url)
        with pytest.raises(StackError, match=r"(?s)exit code 1, 3 times in a row in pods.*set llamaCppRef"):
            run(CHECK)
    assert any(
        line.startswith("logs b --container llama-server") and "--previous" in line for line in kubectl.asked
    )


@pytest.mark.parametrize(
    ("answer", "says"),
    [(embedding([1.0, 0.0]), "returned 2 dimensions"), (embedding([math.nan] * 4), "not finite")],
    ids=["dimensions", "not finite"],
)
def test_an_embedding_that_is_not_as_promised_is_refused(
    monkeypatch: pytest.MonkeyPatch, kubectl: KubectlDouble, answer: Any, says: str
) -> None:
    kubectl.pods = [pod("a")]
    with answering([answer]) as url:
        forwards_to(monkeypatch, url)
        with pytest.raises(StackError, match=rf"(?s){says}.*a: ready"):
            run(CHECK)


@pytest.mark.parametrize(
    ("manifest", "described"),
    [
        (pod("a"), "a: ready"),
        (pod("a", ready=False), "a: not ready"),
        (pod("a", deleted=True), "a: ending, ready"),
        (
            pod("a", ready=False, containerStatuses=[CRASHED]),
            "a: CrashLoopBackOff: back-off 40s, started 4 times",
        ),
        (
            pod(
                "a",
                ready=False,
                containerStatuses=[],
                conditions=[
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes",
                    }
                ],
            ),
            "a: Unschedulable: 0/3 nodes",
        ),
        (
            pod(
                "a",
                ready=False,
                initContainerStatuses=[container(1, terminated={"exitCode": 1, "reason": "Error"})],
                containerStatuses=[container(waiting={"reason": "PodInitializing"})],
            ),
            "a: Error, started 2 times",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_state_of_a_pod_is_told_in_the_words_of_the_cluster(
    kubectl: KubectlDouble, manifest: dict[str, Any], described: str
) -> None:
    kubectl.pods = [manifest]
    assert CHECK.pods.described().strip() == described
