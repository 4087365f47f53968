"""The switch of a lane on several gateways: in which order they are told, and what is left when one fails."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.commands import cluster_traffic
from components.commands.cluster_traffic import switches
from components.errors import StackError
from components.kubernetes.errors import ForbiddenError
from components.program.stopping import StoppedError
from tests.unit.kubectl_double import KubectlDouble, pod

NEW = "llama-server-documents-new.search.svc:8080"
OLD = {"server": "llama-server-documents-old.search.svc:8080", "context": 512}
QUERIES = {"server": "llama-server-queries-1.search.svc:8080", "context": 256}
BOTH = {"documents": OLD, "queries": QUERIES}
USE = f"use documents {NEW} 0 1024"
USE_OLD = f"use documents {OLD['server']} 0 512"
HOLD, RELEASE, WAIT = "hold documents 90", "release documents", "wait documents 300"
REFUSED = "llama-server does not answer /health with 200 from here.\ncommand terminated with exit code 1"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RETRY_SECONDS", "START_SECONDS", "PAUSE"):
        monkeypatch.setattr(cluster_traffic, name, 0)


@pytest.fixture
def lanes(kubectl: KubectlDouble) -> KubectlDouble:
    """Two gateways whose lanes have servers."""
    kubectl.pods, kubectl.data = [pod("a"), pod("b")], {"lanes.json": json.dumps(BOTH)}
    return kubectl


def switch(told: list[str] | None = None, answers: str = "documents") -> None:
    variables = {
        "KUBECTL_NAMESPACE": "search",
        "TRAFFIC_INSTANCE": "jina-search-k8s",
        "TRAFFIC_CONFIG_MAP": "gateway-lanes",
        "TRAFFIC_LANES": answers,
        "TRAFFIC_SERVER": NEW,
        "TRAFFIC_CONTEXT": "1024",
    }
    for one in switches(variables, (told if told is not None else []).append):
        one.make()


def steps(orders: list[str]) -> list[str | set[str]]:
    """Return orders that went to the gateways at once as one step: a set."""
    found: list[str | set[str]] = []
    for order in orders:
        same = found[-1] if found and isinstance(found[-1], set) else set()
        if order == "patch":
            found.append(order)
        elif same and next(iter(same)).partition(":")[2] == order.partition(":")[2]:
            same.add(order)
        else:
            found.append({order})
    return found


def to(*names: str) -> Callable[[str], set[str]]:
    return lambda order: {f"{name}: {order}" for name in names}


def test_all_hold_before_one_turns_and_all_have_turned_before_one_is_released(lanes: KubectlDouble) -> None:
    switch()
    both = to("a", "b")
    assert steps(lanes.orders) == [both(HOLD), "patch", both(USE), both(RELEASE), both(WAIT)]
    assert lanes.lanes == {"documents": {"server": NEW, "context": 1024}, "queries": QUERIES}
    selector = "app.kubernetes.io/name=gateway,app.kubernetes.io/instance=jina-search-k8s"
    assert f"get pods --selector {selector} --output json" in lanes.asked
    assert f"exec a --container gateway -- use-server {USE}" in lanes.asked


def test_each_lane_that_the_server_answers_is_switched(kubectl: KubectlDouble) -> None:
    kubectl.pods = [pod("a")]
    switch(answers="documents,queries")
    assert kubectl.lanes == {lane: {"server": NEW, "context": 1024} for lane in ("documents", "queries")}


def test_a_switch_that_was_made_can_be_made_again(lanes: KubectlDouble) -> None:
    switch()
    switch()
    assert steps(lanes.orders)[5:] == steps(lanes.orders)[:5]


def test_a_gateway_that_starts_meanwhile_is_turned_too(lanes: KubectlDouble) -> None:
    lanes.later = [pod("c")]
    switch()
    assert f"c: {USE}" in lanes.orders
    assert lanes.orders.index(f"c: {USE}") < lanes.orders.index(f"a: {RELEASE}")


@pytest.mark.parametrize(
    "other",
    [
        pod("c", ready=False),
        pod("c", ready=False, containerStatuses=[]),
        pod("c", phase="Failed"),
        pod("c", ready=False, deleted=True),
    ],
    ids=["not ready", "not started", "evicted", "ended"],
)
def test_a_gateway_that_answers_nobody_stops_no_switch(lanes: KubectlDouble, other: dict[str, Any]) -> None:
    lanes.pods = [pod("a"), other]
    switch()
    assert not any(order.startswith("c:") for order in lanes.orders)
    assert lanes.lanes["documents"]["server"] == NEW


def test_a_gateway_that_stays_without_an_answer_is_told_to_the_person(lanes: KubectlDouble) -> None:
    waiting = {"name": "gateway", "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff"}}}
    lanes.pods = [pod("a"), pod("c", ready=False, containerStatuses=[waiting])]
    told: list[str] = []
    switch(told)
    assert told == [
        "c: ImagePullBackOff. If it still asks the server before when it is back, delete it (`kubectl delete pod c`): "
        "the next one asks the new one."
    ]


@pytest.mark.parametrize("order", [HOLD, USE, RELEASE])
def test_a_gateway_that_ends_meanwhile_is_skipped(lanes: KubectlDouble, order: str) -> None:
    gone = 'Error from server (NotFound): pods "b" not found'
    lanes.pods = [pod("a"), pod("b", deleted=True)]
    lanes.refusals = [(f"exec b --container gateway -- use-server {order}", gone)]
    switch()
    assert lanes.lanes["documents"]["server"] == NEW


def test_a_refusal_that_passes_is_survived(lanes: KubectlDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_traffic, "RETRY_SECONDS", 30)
    lanes.refusals = [(f"exec b --container gateway -- use-server {USE}", REFUSED)]
    switch()
    assert lanes.orders.count(f"b: {USE}") == 2


def test_a_lane_that_another_program_switches_meanwhile_stays_switched(lanes: KubectlDouble) -> None:
    conflict = "Error from server (Conflict): the object has been modified"
    lanes.refusals = [("patch configmap", conflict)]
    switch()
    assert lanes.orders.count("patch") == 2
    assert set(lanes.lanes) == {"documents", "queries"}


def test_where_one_does_not_turn_all_are_put_back_before_any_is_released(lanes: KubectlDouble) -> None:
    lanes.refusals = [(f"exec b --container gateway -- use-server {USE}", REFUSED)]
    with pytest.raises(StackError) as raised:
        switch()
    both = to("a", "b")
    assert steps(lanes.orders) == [both(HOLD), "patch", both(USE), "patch", both(USE_OLD), both(RELEASE)]
    assert lanes.lanes == BOTH
    assert str(raised.value).startswith(
        f"A gateway does not turn to {NEW}, which is ready, so requests of documents"
    )
    assert (
        "  b: kubectl failed: llama-server does not answer /health with 200 from here.\nThe gateways' log: kubectl"
        in (str(raised.value))
    )
    assert "kubectl --namespace search logs" in str(raised.value)


def test_where_the_first_server_of_a_lane_is_refused_there_is_none_again(kubectl: KubectlDouble) -> None:
    kubectl.pods, kubectl.refusals = [pod("a")], [(f"use-server {USE}", REFUSED)]
    with pytest.raises(StackError, match="does not turn"):
        switch()
    assert kubectl.lanes == {}
    assert kubectl.orders[-1] == f"a: {RELEASE}"


def test_where_one_does_not_hold_nothing_is_turned(lanes: KubectlDouble) -> None:
    lanes.refusals = [(f"exec b --container gateway -- use-server {HOLD}", "There is no such order.")]
    with pytest.raises(StackError, match="does not hold requests"):
        switch()
    assert steps(lanes.orders) == [to("a", "b")(HOLD), to("a", "b")(RELEASE)]


def test_where_putting_back_fails_too_it_is_said(lanes: KubectlDouble) -> None:
    told: list[str] = []
    lanes.refusals = [(f"use-server {USE}", REFUSED), (f"use-server {USE_OLD}", "The disk is full.")]
    with pytest.raises(StackError, match="does not turn"):
        switch(told)
    assert told[0].startswith("Putting requests of documents back failed too")
    assert "The disk is full." in told[0]


def test_gateways_that_take_too_long_are_put_back(
    lanes: KubectlDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_traffic, "SWITCH_SECONDS", 0)
    with pytest.raises(StackError, match="more than 0 s, to turn to"):
        switch()
    assert lanes.lanes == BOTH


def test_a_person_who_may_not_give_orders_is_told_so_and_nothing_is_switched(lanes: KubectlDouble) -> None:
    lanes.refusals = [("exec a", 'pods "a" is forbidden: cannot create resource "pods/exec"')]
    with pytest.raises(ForbiddenError, match="The cluster refuses it"):
        switch()
    assert lanes.lanes == BOTH


def test_a_record_that_somebody_changed_by_hand_is_told_with_the_way_out(lanes: KubectlDouble) -> None:
    lanes.data = {"lanes.json": "{documents"}
    with pytest.raises(StackError, match=r"gateway-lanes is no JSON .* delete configmap gateway-lanes"):
        switch()
    assert lanes.orders == []


def test_a_switch_that_is_stopped_puts_all_back(
    lanes: KubectlDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        monkeypatch.setattr(cluster_traffic.Switch, "_require_within", lambda *_: None)
        raise StoppedError

    monkeypatch.setattr(cluster_traffic.Switch, "_require_within", stop)
    with pytest.raises(StoppedError):
        switch()
    assert lanes.lanes == BOTH
    assert steps(lanes.orders)[-1] == to("a", "b")(RELEASE)
