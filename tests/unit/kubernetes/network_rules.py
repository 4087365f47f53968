"""Tells which connections NetworkPolicies allow, by the rules of Kubernetes.

A pod that no policy selects may have every connection of that direction. One that some select may have those that a
rule of any of them allows. See https://kubernetes.io/docs/concepts/services-networking/network-policies/.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

NAMESPACE = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class Endpoint:
    """A pod by its namespace and labels; outside of the cluster where it has no namespace."""

    namespace: str
    labels: Mapping[str, str]


OUTSIDE = Endpoint("", {})


def allowed(
    policies: Iterable[Mapping[str, Any]],
    source: Endpoint,
    target: Endpoint,
    port: int,
    protocol: str = "TCP",
) -> bool:
    """Tell whether `source` may connect to a port of `target`: both ends must allow it."""
    policies = list(policies)
    return _allows(policies, source, target, "Egress", port, protocol) and _allows(
        policies, target, source, "Ingress", port, protocol
    )


def _allows(
    policies: list[Mapping[str, Any]],
    own: Endpoint,
    other: Endpoint,
    direction: str,
    port: int,
    protocol: str,
) -> bool:
    selecting = [
        policy
        for policy in policies
        if own.namespace == policy["metadata"]["namespace"]
        and _selects(policy["spec"]["podSelector"], own.labels)
        and direction in policy["spec"]["policyTypes"]
    ]
    peers = "to" if direction == "Egress" else "from"
    rules = [
        (policy["metadata"]["namespace"], rule)
        for policy in selecting
        for rule in policy["spec"].get(direction.lower(), [])
    ]
    return not selecting or any(
        _port(rule, port, protocol) and _peer(rule.get(peers, []), namespace, other)
        for namespace, rule in rules
    )


def _port(rule: Mapping[str, Any], port: int, protocol: str) -> bool:
    ports = rule.get("ports", [])
    return not ports or any((one["port"], one.get("protocol", "TCP")) == (port, protocol) for one in ports)


def _peer(peers: list[Mapping[str, Any]], namespace: str, other: Endpoint) -> bool:
    if not peers:
        return True
    # Address blocks are not evaluated: none may be mistaken for one that allows nothing.
    assert not [peer for peer in peers if set(peer) - {"podSelector", "namespaceSelector"}]
    return bool(other.namespace) and any(_is(peer, namespace, other) for peer in peers)


def _is(peer: Mapping[str, Any], namespace: str, other: Endpoint) -> bool:
    within = peer.get("namespaceSelector", {"matchLabels": {NAMESPACE: namespace}})
    return _selects(within, {NAMESPACE: other.namespace}) and _selects(
        peer.get("podSelector", {}), other.labels
    )


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    assert not set(selector) - {"matchLabels"}
    return dict(selector.get("matchLabels", {})).items() <= labels.items()
