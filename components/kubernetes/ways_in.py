"""Declares how clients outside of the cluster reach the gateway by a host name."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.networking.v1 import Ingress

from components.kubernetes.surroundings import NOT_AWAITED, Surroundings
from components.server.container import ALIAS
from components.settings import Settings

NAME = "gateway"


@dataclass(frozen=True, kw_only=True)
class WaysInArgs:
    """What is asked for."""

    settings: Settings
    surroundings: Surroundings


class WaysIn(pulumi.ComponentResource):
    """An Ingress, or a route through a Gateway, for the host name of the settings; nothing without one."""

    def __init__(self, name: str, args: WaysInArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:kubernetes:WaysIn", name, None, opts)
        kubernetes = args.settings.kubernetes
        # Not every controller says where its Ingress is reached, for which the provider would wait.
        metadata = args.surroundings.metadata("gateway", NAME, annotations=NOT_AWAITED)
        child = pulumi.ResourceOptions(parent=self)
        if kubernetes.ingress_host and kubernetes.gateway_api:
            CustomResource(
                name,
                api_version="gateway.networking.k8s.io/v1",
                kind="HTTPRoute",
                metadata=metadata,
                spec=route(args.settings),
                opts=child,
            )
        elif kubernetes.ingress_host:
            Ingress(name, metadata=metadata, spec=ingress(args.settings), opts=child)
        self.register_outputs({})


def ingress(settings: Settings) -> Any:
    """Return the specification of the Ingress."""
    kubernetes = settings.kubernetes
    host = kubernetes.ingress_host
    backend = {"service": {"name": ALIAS, "port": {"number": settings.server.port}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "rules": [{"host": host, "http": {"paths": [path]}}],
        **({"ingressClassName": kubernetes.ingress_class} if kubernetes.ingress_class else {}),
        **(
            {"tls": [{"hosts": [host], "secretName": kubernetes.tls_secret}]} if kubernetes.tls_secret else {}
        ),
    }


def route(settings: Settings) -> Any:
    """Return the specification of the HTTPRoute."""
    namespace, _, gateway = settings.kubernetes.gateway_api.partition("/")
    return {
        "parentRefs": [{"name": gateway, "namespace": namespace}],
        "hostnames": [settings.kubernetes.ingress_host],
        "rules": [{"backendRefs": [{"name": ALIAS, "port": settings.server.port}]}],
    }
