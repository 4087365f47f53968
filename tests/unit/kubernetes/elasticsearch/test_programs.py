"""The programs that an update or a destroy runs for the trial node, against a double of kubectl."""

from typing import Any

import pytest

from components.commands import (
    cluster_claim_check,
    cluster_claim_removal,
    cluster_namespace_removal,
    cluster_node_check,
    cluster_version_check,
)
from components.errors import StackError
from components.kubernetes.errors import AnotherClusterError
from components.kubernetes.kubectl import Target
from components.program.errors import CheckError
from tests.unit.kubernetes.kubectl_double import KubectlDouble

CLUSTER = {"KUBECTL_NAMESPACE": "search"}
TARGET = Target.from_environment(CLUSTER)
CLAIM = "elasticsearch-data"
CLUSTER_UID = "1111-aaaa"
WHICH_CLUSTER = "get namespace kube-system"
OLD, NEW = "elasticsearch-1", "elasticsearch-2"


def claim(version: str = "") -> dict[str, Any]:
    annotations = {"jina-search/elasticsearch-version": version} if version else {}
    return {"metadata": {"name": CLAIM, **({"annotations": annotations} if annotations else {})}}


def version_check(image: str) -> str:
    told = {**CLUSTER, "VERSION_CHECK_IMAGE_NAME": image, "VERSION_CHECK_CLAIM": CLAIM}
    return cluster_version_check.run_check(cluster_version_check.Check.from_environment(told))


@pytest.mark.parametrize(
    ("there", "image"),
    [
        ("", "elasticsearch:9.5.3"),
        (claim(), "elasticsearch:9.5.3"),
        (claim("9.5.3"), "elasticsearch:9.5.3"),
        (claim("9.5.3"), "registry.test:5000/elasticsearch:9.6.0@sha256:abc"),
        (claim("9.5.3"), "elasticsearch@sha256:abc"),
    ],
    ids=["no claim", "nothing noted", "the same", "a newer one", "one that its name does not tell"],
)
def test_a_version_that_can_read_the_claim_passes(kubectl: KubectlDouble, there: object, image: str) -> None:
    kubectl.answer("get persistentvolumeclaim", there)
    assert version_check(image).endswith(f"may use claim {CLAIM}")


def test_an_older_version_is_refused_before_anything_changes(kubectl: KubectlDouble) -> None:
    kubectl.answer("get persistentvolumeclaim", claim("9.5.3"))
    with pytest.raises(CheckError, match=r"9\.5\.2, and 9\.5\.3 wrote the data, in claim elasticsearch-data"):
        version_check("elasticsearch:9.5.2")
    assert [one for one in kubectl.asked if "get" not in one] == []


def removal(given_up: str) -> str:
    told = {
        **CLUSTER,
        "CLAIM_REMOVAL_CLUSTER_UID": CLUSTER_UID,
        "CLAIM_REMOVAL_CLAIM": CLAIM,
        "CLAIM_REMOVAL_SETTING": "elasticsearchDeleteData",
        "CLAIM_REMOVAL_GIVEN_UP": given_up,
    }
    return cluster_claim_removal.remove(cluster_claim_removal.Removal.from_environment(told))


def test_a_claim_is_kept_with_the_command_that_deletes_it(kubectl: KubectlDouble) -> None:
    said = removal("false")
    assert "kubectl --namespace search delete persistentvolumeclaim elasticsearch-data" in said
    assert "elasticsearchDeleteData does not name all indices" in said
    assert kubectl.asked == []


def item(kind: str, name: str, *, ending: bool = False) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, **({"deletionTimestamp": "now"} if ending else {})}}


def user(name: str, claim: str, *, ending: bool = False, kind: str = "StatefulSet") -> dict[str, Any]:
    volumes = [
        {"name": "tmp", "emptyDir": {}},
        {"name": "data", "persistentVolumeClaim": {"claimName": claim}},
    ]
    return {**item(kind, name, ending=ending), "spec": {"template": {"spec": {"volumes": volumes}}}}


IS_FREE = pytest.mark.parametrize(
    "there",
    [
        [],
        [user("elasticsearch", CLAIM, ending=True)],
        [user("elasticsearch", "another")],
    ],
    ids=["nothing", "a node on its way out", "a node with another claim"],
)
IS_USED = pytest.mark.parametrize("kind", ["StatefulSet", "Deployment"])


@IS_FREE
def test_a_claim_that_was_given_up_is_deleted(kubectl: KubectlDouble, there: list[dict[str, Any]]) -> None:
    kubectl.answer(WHICH_CLUSTER, CLUSTER_UID)
    kubectl.answer("get statefulsets,deployments", {"items": there})
    kubectl.answer("delete persistentvolumeclaim", "")
    assert removal("true") == f"Claim {CLAIM} is gone."
    (asked,) = [one for one in kubectl.asked if "delete" in one]
    assert "--namespace search" in asked.replace("--namespace=", "--namespace ")
    assert f"delete persistentvolumeclaim {CLAIM} --ignore-not-found" in asked


@IS_USED
def test_a_claim_that_another_uses_is_kept_though_this_stack_gave_it_up(
    kubectl: KubectlDouble, kind: str
) -> None:
    kubectl.answer(WHICH_CLUSTER, CLUSTER_UID)
    kubectl.answer("get statefulsets,deployments", {"items": [user("theirs", CLAIM, kind=kind)]})
    assert f"is kept, with what is in it: {kind} theirs uses it, which is not this stack's." in removal(
        "true"
    )
    assert [one for one in kubectl.asked if "delete" in one] == []


def test_a_claim_of_that_name_in_another_cluster_is_left_alone(kubectl: KubectlDouble) -> None:
    kubectl.answer(WHICH_CLUSTER, "2222-bbbb")
    with pytest.raises(AnotherClusterError):
        removal("true")
    assert [one for one in kubectl.asked if WHICH_CLUSTER not in one] == []


def claim_check() -> str:
    return cluster_claim_check.require_free([CLAIM, "elasticsearch-backups"], TARGET)


@IS_FREE
def test_a_node_takes_claims_that_nothing_uses_any_longer(
    kubectl: KubectlDouble, monkeypatch: pytest.MonkeyPatch, there: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(cluster_claim_check, "PAUSE", 0.01)
    # The node of a stack that was just destroyed is seen four times.
    kubectl.answer("get statefulsets,deployments", *[{"items": there}] * 4, {"items": []})
    assert claim_check() == f"nothing uses {CLAIM} and elasticsearch-backups"
    ends = any("deletionTimestamp" in one["metadata"] for one in there)
    assert len(kubectl.asked) == (6 if ends else 4)


def test_a_node_that_does_not_end_is_told(kubectl: KubectlDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_claim_check, "PATIENCE", 0)
    kubectl.answer("get statefulsets,deployments", {"items": [user("elasticsearch", CLAIM, ending=True)]})
    with pytest.raises(CheckError, match=r"^StatefulSet elasticsearch in .* has not ended within 0 s"):
        claim_check()


@IS_USED
def test_a_node_does_not_take_a_claim_that_something_uses(kubectl: KubectlDouble, kind: str) -> None:
    kubectl.answer("get statefulsets,deployments", {"items": [user("theirs", CLAIM, kind=kind)]})
    with pytest.raises(CheckError, match=rf"^{kind} theirs in namespace search uses claim {CLAIM}, which"):
        claim_check()


@pytest.mark.parametrize(
    ("items", "kept"),
    [
        ([], ""),
        ([item("StatefulSet", "elasticsearch", ending=True)], ""),
        ([item("PersistentVolumeClaim", CLAIM)], f"PersistentVolumeClaim {CLAIM}"),
        ([item("Deployment", "somebodys")], "Deployment somebodys"),
    ],
    ids=["empty", "one on its way out", "a claim", "a person's"],
)
def test_a_namespace_goes_only_when_nothing_is_lost_with_it(
    kubectl: KubectlDouble, items: list[dict[str, Any]], kept: str
) -> None:
    kubectl.answer(WHICH_CLUSTER, CLUSTER_UID)
    kubectl.answer(f"get {cluster_namespace_removal.KEPT_FOR}", {"items": items})
    kubectl.answer("delete namespace search", "")
    said = cluster_namespace_removal.remove(TARGET, CLUSTER_UID)
    deleted = [one for one in kubectl.asked if "delete" in one]
    if kept:
        assert f"Namespace search is kept, for in it is {kept}." in said
        assert deleted == []
    else:
        assert (said, len(deleted)) == ("Namespace search is gone.", 1)


def test_a_namespace_of_another_cluster_is_left_alone(kubectl: KubectlDouble) -> None:
    kubectl.answer(WHICH_CLUSTER, "another")
    kubectl.answer(f"get {cluster_namespace_removal.KEPT_FOR}", {"items": []})
    kubectl.answer("delete namespace search", "")
    with pytest.raises(AnotherClusterError):
        cluster_namespace_removal.remove(TARGET, CLUSTER_UID)
    assert not [one for one in kubectl.asked if "delete" in one]


def stateful_set(*, observed: int = 2, current: str = NEW, ready: int = 1) -> dict[str, Any]:
    status = {"observedGeneration": observed, "updateRevision": NEW, "currentRevision": current}
    return {
        "metadata": {"generation": 2},
        "status": {**status, "updatedReplicas": 1, "readyReplicas": ready},
    }


def pod(revision: str = NEW, **status: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {"controller-revision-hash": revision}}, "status": status}


def container(**state: Any) -> dict[str, Any]:
    return {"name": "elasticsearch", "image": "elasticsearch:9.5.3", **state}


def node_check(patience: float = 10) -> tuple[str, list[str]]:
    said: list[str] = []
    told = {
        **CLUSTER,
        "NODE_CHECK_STATEFUL_SET": "elasticsearch",
        "NODE_CHECK_POD": "elasticsearch-0",
        "NODE_CHECK_CONTAINER": "elasticsearch",
        "NODE_CHECK_CLAIM": CLAIM,
        "NODE_CHECK_PATIENCE": str(patience),
    }
    check = cluster_node_check.Check.from_environment(told)
    return cluster_node_check.run_check(check, said.append), said


@pytest.mark.parametrize(
    "before",
    [
        stateful_set(observed=1),
        stateful_set(current=OLD),
        stateful_set(ready=0),
    ],
    ids=["not seen by the controller", "the pod of before", "not ready"],
)
def test_the_node_is_waited_for_and_its_version_noted(
    kubectl: KubectlDouble, monkeypatch: pytest.MonkeyPatch, before: dict[str, Any]
) -> None:
    monkeypatch.setattr(cluster_node_check, "PAUSE", 0.01)
    kubectl.answer("get statefulset", before, stateful_set())
    kubectl.answer("get pod elasticsearch-0", pod(OLD))
    kubectl.answer("-- ls", "elasticsearch-core-9.5.3.jar\nelasticsearch-9.5.3.jar\n")
    kubectl.answer("annotate persistentvolumeclaim", "")
    assert node_check()[0] == "Elasticsearch 9.5.3 runs in pod elasticsearch-0"
    assert len([one for one in kubectl.asked if "get statefulset" in one]) == 2
    assert (
        f"annotate persistentvolumeclaim {CLAIM} jina-search/elasticsearch-version=9.5.3 --overwrite"
        in (kubectl.asked[-1])
    )


def test_a_version_that_the_image_does_not_show_is_not_noted(kubectl: KubectlDouble) -> None:
    kubectl.answer("get statefulset", stateful_set())
    kubectl.answer("-- ls", "mine.jar\n")
    assert node_check()[0] == "Elasticsearch of an unknown version runs in pod elasticsearch-0"
    assert [one for one in kubectl.asked if "annotate" in one] == []


CRASHED = {
    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
    "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}},
}
KILLED = {"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
NO_IMAGE = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}}
NO_COPY = {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "x" not found'}}}


@pytest.mark.parametrize(
    ("status", "log", "says"),
    [
        (
            {"containerStatuses": [container(**CRASHED)]},
            "Initial heap size set to a larger value than the maximum heap size",
            r"ended with 1 in pod elasticsearch-0\. It can't have this heap(.|\n)*Initial heap size",
        ),
        ({"containerStatuses": [container(**KILLED)]}, "", r"killed for want of memory.*elasticsearchMemory"),
        (
            {"containerStatuses": [container(**NO_IMAGE)]},
            "",
            r"ImagePullBackOff\): not found.*imagePullSecrets",
        ),
        ({"initContainerStatuses": [container(**NO_COPY)]}, "", r'CreateContainerConfigError\): secret "x"'),
    ],
    ids=["crashes", "killed", "no image", "no secret"],
)
def test_a_node_that_never_comes_up_is_explained_at_once(
    kubectl: KubectlDouble, status: dict[str, Any], log: str, says: str
) -> None:
    kubectl.answer("get statefulset", stateful_set(ready=0))
    kubectl.answer("get pod elasticsearch-0", pod(**status))
    kubectl.answer("logs elasticsearch-0", log)
    with pytest.raises(CheckError, match=says):
        node_check()


def test_a_pod_without_a_node_is_told_when_patience_ends(
    kubectl: KubectlDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_node_check, "PAUSE", 0.01)
    condition = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes: insufficient memory"}
    kubectl.answer("get statefulset", stateful_set(ready=0))
    kubectl.answer("get pod elasticsearch-0", pod(conditions=[condition]))
    with pytest.raises(CheckError, match=r"within 0 s: its pod has no node: 0/3 nodes: insufficient memory"):
        node_check(patience=0)


def test_a_cluster_that_refuses_is_an_error_and_not_a_node_that_is_gone(kubectl: KubectlDouble) -> None:
    kubectl.answer("nothing", "")
    with pytest.raises(StackError):
        version_check("elasticsearch:9.5.3")
