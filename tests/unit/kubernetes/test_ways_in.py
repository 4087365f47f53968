"""The ways in from outside of the cluster: the Service's type, an Ingress, or a route through a Gateway."""

from typing import Any

import pytest

from tests.unit.declared import shown
from tests.unit.kubernetes.stack import declared, kind, objects, whole

KEY = {"serverApiKey": "a-key"}
HOST = {**KEY, "kubernetesIngressHost": "search.test"}
BACKEND = {"service": {"name": "llama-server", "port": {"number": 8080}}}
RULES = [
    {"host": "search.test", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]}}
]

SPECIFICATIONS: list[tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]] = [
    ({}, []),
    (HOST, [("Ingress", {"rules": RULES})]),
    (
        {**HOST, "kubernetesIngressClass": "nginx", "kubernetesTlsSecret": "certificate"},
        [
            (
                "Ingress",
                {
                    "rules": RULES,
                    "ingressClassName": "nginx",
                    "tls": [{"hosts": ["search.test"], "secretName": "certificate"}],
                },
            )
        ],
    ),
    (
        {**HOST, "kubernetesGateway": "gateways/public", "serverPort": 9090},
        [
            (
                "HTTPRoute",
                {
                    "parentRefs": [{"name": "public", "namespace": "gateways"}],
                    "hostnames": ["search.test"],
                    "rules": [{"backendRefs": [{"name": "llama-server", "port": 9090}]}],
                },
            )
        ],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), SPECIFICATIONS, ids=shown)
def test_a_host_name_leads_to_the_gateway(
    changes: dict[str, Any], expected: list[tuple[str, dict[str, Any]]]
) -> None:
    made = objects(declared(**changes), "Ingress", "HTTPRoute")
    assert [(kind(item), whole(item.inputs["spec"])) for item in made] == expected


def test_a_route_is_one_of_the_gateway_api() -> None:
    (route,) = objects(declared(**HOST, kubernetesGateway="gateways/public"), "HTTPRoute")
    assert route.inputs["apiVersion"] == "gateway.networking.k8s.io/v1"
    assert route.inputs["metadata"]["name"] == "gateway"


@pytest.mark.parametrize("kind_", ["ClusterIP", "NodePort", "LoadBalancer"])
def test_only_the_service_for_people_is_reached_from_outside(kind_: str) -> None:
    made = objects(declared(**KEY, kubernetesServiceType=kind_), "Service")
    types = {item.inputs["metadata"]["name"]: item.inputs["spec"].get("type") for item in made}
    assert types.pop("llama-server") == kind_
    assert set(types.values()) <= {None, "ClusterIP"}
