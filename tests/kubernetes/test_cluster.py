"""The sandbox's own clusters: they must do what any cluster does, or what is tested on them says nothing."""

import time

import pytest
import yaml

from sandbox.errors import SandboxError
from sandbox.kubernetes.cluster import Cluster, ready_nodes
from tests.kubernetes.pods import Answering

pytestmark = pytest.mark.kubernetes

GONE_WITHIN = 60.0
"""Seconds in which the pods of a node that was killed run elsewhere."""


def test_pods_that_may_do_too_much_are_refused_where_the_restricted_level_holds(fake_nodes: Cluster) -> None:
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "guarded", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }
    fake_nodes.kubectl("apply", "--filename=-", given=yaml.safe_dump(namespace))
    fake_nodes.kubectl(
        "wait", "--for=create", "serviceaccount/default", "--namespace=guarded", "--timeout=20s"
    )
    with pytest.raises(SandboxError, match='violates PodSecurity "restricted'):
        fake_nodes.kubectl("run", "root", "--image=any", "--namespace=guarded")


def test_pods_are_spread_over_real_nodes_and_reach_each_other_by_name(real_nodes: Cluster) -> None:
    answering = Answering(real_nodes, "spread")
    answering.declare(replicas=3)
    assert sorted(answering.nodes()) == ready_nodes(real_nodes)
    # The Service chooses by chance: three of nine answers come from another node than one of them.
    answers = {answering.asks("spread") for _ in range(9)}
    assert len(answers & set(ready_nodes(real_nodes))) > 1
    assert None not in answers


def test_network_policies_hold(real_nodes: Cluster) -> None:
    guarded, stranger = Answering(real_nodes, "guarded"), Answering(real_nodes, "stranger")
    guarded.declare(replicas=1)
    stranger.declare(replicas=1)
    assert stranger.asks("guarded")
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "guarded"},
        "spec": {"podSelector": {"matchLabels": {"app": "guarded"}}, "policyTypes": ["Ingress", "Egress"]},
    }
    real_nodes.kubectl("apply", "--filename=-", given=yaml.safe_dump(policy))
    until = time.monotonic() + 20
    while stranger.asks("guarded") and time.monotonic() < until:
        time.sleep(0.5)
    assert stranger.asks("guarded") is None
    assert guarded.asks("stranger") is None


def test_pods_of_a_node_that_was_killed_run_elsewhere_within_a_minute_and_it_comes_back(
    real_nodes: Cluster,
) -> None:
    answering = Answering(real_nodes, "killed")
    answering.declare(replicas=1)
    (lost,) = answering.nodes()
    real_nodes.node(lost).kill()
    until = time.monotonic() + GONE_WITHIN
    while answering.nodes() in ([], [lost]):
        assert time.monotonic() < until, "no pod has become ready on another node"
        time.sleep(0.5)
    real_nodes.node(lost).start()
    until = time.monotonic() + GONE_WITHIN
    while lost not in ready_nodes(real_nodes):
        assert time.monotonic() < until, "the node has not come back"
        time.sleep(0.5)
