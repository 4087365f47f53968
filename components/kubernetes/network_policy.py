"""Declares which connections the pods of a stack may have; every other one is denied."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pulumi
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.elasticsearch.node.container import PORT as ELASTICSEARCH_PORT
from components.kubernetes.labels import INSTANCE, NAME, Part, selected
from components.kubernetes.model_volume import HUB
from components.kubernetes.pod import Manifest
from components.kubernetes.surroundings import Surroundings
from components.server.container import PORT
from components.settings import Settings

NAMESPACE = "kubernetes.io/metadata.name"
"""Label of a namespace that the cluster gives it: its name."""

NAME_PORTS = (53, 1053, 5353)
"""Where the pods listen that know names: a policy sees their port, and not that of their Service."""

PARTS: tuple[Part, ...] = ("llama-server", "gateway", "elasticsearch", "model")


@dataclass(frozen=True, kw_only=True)
class NetworkPoliciesArgs:
    """Whose pods they are."""

    settings: Settings
    surroundings: Surroundings


class NetworkPolicies(pulumi.ComponentResource):
    """A policy for each part of the stack; pods of others are not touched."""

    def __init__(
        self, name: str, args: NetworkPoliciesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("jina:kubernetes:NetworkPolicies", name, None, opts)
        rules = policies(args)
        for part in PARTS:
            NetworkPolicy(
                f"{name}-{part}",
                metadata=args.surroundings.metadata(part, part),
                spec=rules[part],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def policies(args: NetworkPoliciesArgs) -> dict[Part, Any]:
    """Return the specification of each part's policy."""
    settings, labels = args.settings, args.surroundings.labels
    clients: list[Manifest] = [
        {"podSelector": {}},
        *(
            {"namespaceSelector": {"matchLabels": {NAMESPACE: one}}}
            for one in settings.kubernetes.client_namespaces
        ),
    ]
    if opens_to_all(settings):
        clients = []
    hub = [_names(), _hub(settings)]
    gateways = [{"podSelector": {"matchLabels": selected(labels, "gateway")}}]
    servers = [{"podSelector": {"matchLabels": selected(labels, "llama-server")}}]
    fetch = settings.model.delivery == "fetch"
    return {
        "llama-server": _policy(
            labels, "llama-server", came=[_rule("from", gateways, PORT)], goes=hub if fetch else []
        ),
        "gateway": _policy(
            labels,
            "gateway",
            came=[_rule("from", clients, PORT)],
            goes=[_names(), _rule("to", servers, PORT)],
        ),
        "elasticsearch": _policy(
            labels,
            "elasticsearch",
            came=[_rule("from", [{"podSelector": {}}], ELASTICSEARCH_PORT)],
            goes=[_names(), _rule("to", gateways, PORT)],
        ),
        "model": _policy(labels, "model", came=[], goes=hub),
    }


def opens_to_all(settings: Settings) -> bool:
    """Tell whether the gateway's Service is for clients outside of the cluster, whose addresses nobody knows."""
    return settings.kubernetes.service_type != "ClusterIP"


def _policy(labels: Any, part: Part, *, came: list[Manifest], goes: list[Manifest]) -> Manifest:
    return {
        "podSelector": {"matchLabels": {NAME: part, INSTANCE: labels[INSTANCE]}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": came,
        "egress": goes,
    }


def _rule(direction: str, peers: list[Manifest], port: int) -> Manifest:
    """Allow connections from, or to, peers at a port; without peers from or to everybody."""
    rule: Manifest = {"ports": [{"port": port, "protocol": "TCP"}]}
    return {**rule, direction: peers} if peers else rule


def _names() -> Manifest:
    """Allow questions about names, to whichever server the cluster has for them."""
    return {
        "ports": [{"port": port, "protocol": protocol} for port in NAME_PORTS for protocol in ("UDP", "TCP")]
    }


def _hub(settings: Settings) -> Manifest:
    """Allow connections to the Hub: its files lie on servers of others, so everywhere at its port."""
    address = urlsplit(settings.model.hub_endpoint or HUB)
    port = address.port or (443 if address.scheme == "https" else 80)
    ports = sorted({port, 443})
    return {"ports": [{"port": one, "protocol": "TCP"} for one in ports]}
