"""The whole stack on real nodes: brought up, asked, changed under load, and taken away."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from sandbox.kubernetes.cluster import Cluster, ready_nodes
from sandbox.kubernetes.stack import STACK, reachable
from sandbox.machine.cache import cache_root
from sandbox.preparation import Prepared, prepare
from sandbox.pulumi.stack import PROJECT, SandboxStack
from sandbox.show.answers import demo_answers
from sandbox.show.steps import Steps
from tests.kubernetes.client import Asked, asking

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(1200)]

NAMESPACE = f"{PROJECT}-{STACK}"
SERVICE = "http://llama-server-queries:8080/query/v1/embeddings"
PER_SECOND = 20.0
RECOVERED_WITHIN = 60.0


@pytest.fixture(scope="module")
def prepared(real_nodes: Cluster) -> Iterator[Prepared]:
    """Prepare the parts that stacks run on, and the cluster for them."""
    cache = cache_root()
    parts = prepare(cache, Steps(cache / "timings.json"), "F16")
    parts = prepare(cache, Steps(cache / "timings.json"), "Q8_0")
    with reachable(cache, print, real_nodes, parts) as ready:
        yield ready


@pytest.fixture(scope="module")
def stack(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxStack]:
    """Bring a stack up, with two servers for queries."""
    made = SandboxStack(STACK, tmp_path_factory.mktemp("stack"), prepared.environment)
    made = made.with_new_state(tmp_path_factory.mktemp("state"))
    made.configure({**prepared.settings, "kubernetesCpuRequest": "0.2", "kubernetesQueryReplicas": 2})
    finished = made.up(capture=True)
    assert finished.exit_code == 0, finished.output
    with pytest.MonkeyPatch.context() as patched:
        for name in ("PATH", "KUBECONFIG"):  # what is asked from here goes through kubectl too
            patched.setenv(name, prepared.environment[name])
        yield made


def changed(stack: SandboxStack, **settings: object) -> None:
    stack.configure(settings)
    finished = stack.up(capture=True)
    assert finished.exit_code == 0, finished.output


def gateway_image(cluster: Cluster) -> str:
    pods = cluster.get("pods", "--selector=app.kubernetes.io/name=gateway", f"--namespace={NAMESPACE}")
    return str(pods["items"][0]["spec"]["containers"][0]["image"])


def ready(cluster: Cluster, selector: str) -> dict[str, str]:
    """Return the node of each pod that is ready, by the pod's name; one that is ending still answers for a while."""
    pods = cluster.get("pods", f"--selector={selector}", f"--namespace={NAMESPACE}")["items"]
    return {
        pod["metadata"]["name"]: pod["spec"]["nodeName"]
        for pod in pods
        for condition in pod["status"].get("conditions", ())
        if condition["type"] == "Ready"
        and condition["status"] == "True"
        and "deletionTimestamp" not in pod["metadata"]
    }


def questions(stack: SandboxStack) -> list[bool]:
    return [answer.ok for answer in demo_answers(stack.outputs())]


def test_five_questions_find_the_expected_documents(stack: SandboxStack) -> None:
    assert questions(stack) == [True] * 5


def test_nothing_changed_means_nothing(stack: SandboxStack) -> None:
    assert stack.preview("--expect-no-changes").exit_code == 0
    assert stack.refresh("--expect-no-changes").exit_code == 0


def test_another_quant_under_load_fails_no_request_and_no_two_models_answer_in_turn(
    stack: SandboxStack, real_nodes: Cluster
) -> None:
    with asking(real_nodes, NAMESPACE, gateway_image(real_nodes), SERVICE, PER_SECOND) as asked:
        time.sleep(5)
        changed(stack, quant="Q8_0")
        time.sleep(5)
    _report("quant", asked)
    assert asked.faults == []
    assert len(asked.models) == 2
    assert asked.in_turn == []
    assert questions(stack) == [True] * 5


def test_replicas_are_added_and_taken_away_without_a_failed_request(
    stack: SandboxStack, real_nodes: Cluster
) -> None:
    counts = []
    with asking(real_nodes, NAMESPACE, gateway_image(real_nodes), SERVICE, PER_SECOND) as asked:
        for replicas in (3, 1):
            changed(stack, kubernetesQueryReplicas=replicas)
            counts.append(len(ready(real_nodes, "jina-search/lane=queries")))
    _report("replicas", asked)
    assert counts == [3, 1]
    assert asked.faults == []
    changed(stack, kubernetesQueryReplicas=2)


def test_a_node_that_dies_takes_no_answers_with_it_for_longer_than_a_minute(
    stack: SandboxStack, real_nodes: Cluster
) -> None:
    elasticsearch = ready(real_nodes, "app.kubernetes.io/name=elasticsearch").values()
    lost = next(
        node for node in ready(real_nodes, "jina-search/lane=queries").values() if node not in elasticsearch
    )
    other = next(node for node in ready_nodes(real_nodes) if node != lost)
    image = gateway_image(real_nodes)
    try:
        with asking(real_nodes, NAMESPACE, image, SERVICE, 2, node=other) as asked:
            time.sleep(2)
            killed = time.monotonic()
            real_nodes.node(lost).kill()
            while lost in ready_nodes(real_nodes):
                time.sleep(0.5)
            while sum(node != lost for node in ready(real_nodes, "jina-search/lane=queries").values()) < 2:
                assert time.monotonic() - killed < RECOVERED_WITHIN, "no other pod has become ready"
                time.sleep(0.5)
            recovered = time.monotonic() - killed
            time.sleep(5)
    finally:
        # Pods on a dead node never end, and what deletes them waits.
        real_nodes.node(lost).start()
    _report(f"node, both servers again after {recovered:.0f} s", asked)
    assert questions(stack) == [True] * 5
    late = [began for began, _, found in asked.seen if isinstance(found, str)]
    assert all(began - asked.seen[0][0] < RECOVERED_WITHIN for began in late)


def test_a_destroy_leaves_the_claims_with_the_data_alone(stack: SandboxStack, real_nodes: Cluster) -> None:
    finished = stack.destroy(capture=True)
    assert finished.exit_code == 0, finished.output
    assert real_nodes.get("deployments,services,secrets,pods", f"--namespace={NAMESPACE}")["items"] == []
    assert real_nodes.get("persistentvolumeclaims", f"--namespace={NAMESPACE}")["items"] != []


def _report(what: str, asked: Asked) -> None:
    """Show the numbers that the documentation tells."""
    print(f"{what}: {len(asked.seen)} requests, {len(asked.faults)} failed, slowest {asked.slowest:.2f} s")
    for fault, times in Counter(fault[:120] for fault in asked.faults).items():
        print(f"    {times} times {fault}")
