"""Who may connect to whom: every pair of the stack's pods, others in the cluster, and the world outside."""

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.declared import shown
from tests.unit.kubernetes.network_rules import OUTSIDE, Endpoint, allowed
from tests.unit.kubernetes.stack import INSTANCE, NAME, STACK, declared, objects, templates, whole

BESIDE = Endpoint(STACK, {"app": "client"})
"""A pod of people's in the stack's namespace."""

ELSEWHERE = Endpoint("apps", {"app": "client"})
SEARCH = Endpoint("search", {"app": "client"})
OTHER_STACKS = Endpoint("apps", {NAME: "gateway", INSTANCE: "jina-search-other"})
OTHER_STACKS_SERVER = Endpoint(STACK, {NAME: "llama-server", INSTANCE: "jina-search-other"})

CLAIM = {"modelDelivery": "claim"}
NAMES = {
    "llama-server-documents": "documents",
    "llama-server-queries": "queries",
    "llama-server-model": "job",
}


def pods(**changes: object) -> dict[str, Endpoint]:
    """Return the stack's pods by a short name, with the labels that they really have."""
    found = {}
    for named, template in templates(declared(**changes)):
        name = named.partition(" ")[2]
        found[NAMES.get(name, name)] = Endpoint(STACK, template["metadata"]["labels"])
    return found


OTHERS = {
    "beside": BESIDE,
    "elsewhere": ELSEWHERE,
    "search": SEARCH,
    "other gateway": OTHER_STACKS,
    "other server": OTHER_STACKS_SERVER,
    "outside": OUTSIDE,
}


def policies(**changes: object) -> list[Mapping[str, Any]]:
    return [whole(item.inputs) for item in objects(declared(**changes), "NetworkPolicy")]


def connections(port: int, protocol: str = "TCP", **changes: object) -> set[tuple[str, str]]:
    """Return all pairs that may have a connection, of which at least one is the stack's."""
    own, rules = pods(**changes), policies(**changes)
    ends = {**own, **OTHERS}
    return {
        (source, target)
        for source, target in itertools.permutations(ends, 2)
        if (source in own or target in own) and allowed(rules, ends[source], ends[target], port, protocol)
    }


TO_GATEWAY = {("beside", "gateway"), ("other server", "gateway"), ("elasticsearch", "gateway")}
TO_SERVERS = {("gateway", "documents"), ("gateway", "queries")}
OWN = {"gateway", "documents", "queries", "elasticsearch", "job"}


def reached(*sources: str) -> set[tuple[str, str]]:
    """Return the pairs of those who may connect to whoever is not of the stack."""
    return {(source, target) for source in sources for target in OTHERS}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, TO_GATEWAY | TO_SERVERS),
        (CLAIM, TO_GATEWAY | TO_SERVERS),
        (
            {"kubernetesClientNamespaces": ["search"]},
            TO_GATEWAY | TO_SERVERS | {("search", "gateway")},
        ),
        (
            {"kubernetesServiceType": "LoadBalancer", "serverApiKey": "a-key"},
            TO_GATEWAY | TO_SERVERS | {(name, "gateway") for name in OTHERS},
        ),
        ({"serverLanes": 1}, TO_GATEWAY | {("gateway", "documents")}),
    ],
    ids=shown,
)
def test_the_port_of_gateway_and_servers(changes: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    assert connections(8080, **changes) == expected


def test_the_port_of_the_node_is_open_in_its_namespace_alone() -> None:
    # Also to servers and gateway of the stack, who may go nowhere but where the other rules lead them.
    assert connections(9200) == {("beside", "elasticsearch"), ("other server", "elasticsearch")}


@pytest.mark.parametrize(
    ("changes", "sources"),
    [
        ({}, ("documents", "queries")),
        # Only what fills the claim fetches.
        (CLAIM, ("job",)),
        # An offline cluster.
        ({**CLAIM, "kubernetesModelClaim": "mine"}, ()),
        ({"modelHubEndpoint": "http://hub.test:9000"}, ("documents", "queries")),
    ],
    ids=shown,
)
def test_only_what_fetches_the_model_reaches_the_world(
    changes: dict[str, Any], sources: tuple[str, ...]
) -> None:
    assert connections(443, **changes) == reached(*sources)


@pytest.mark.parametrize(
    ("endpoint", "port"),
    [("http://hub.test", 80), ("https://hub.test", 443), ("http://hub.test:9000", 9000)],
)
def test_the_hub_is_reached_at_its_own_port(endpoint: str, port: int) -> None:
    assert connections(port, modelHubEndpoint=endpoint) == reached("documents", "queries")


@pytest.mark.parametrize("port", [80, 22, 5432])
def test_every_other_port_is_closed(port: int) -> None:
    assert connections(port) == set()


@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
@pytest.mark.parametrize(
    ("changes", "ask"),
    [
        ({}, {"gateway", "documents", "queries", "elasticsearch"}),
        (CLAIM, {"gateway", "job", "elasticsearch"}),
    ],
    ids=shown,
)
def test_whoever_connects_by_name_may_ask_for_names(
    changes: dict[str, Any], ask: set[str], protocol: str
) -> None:
    assert connections(53, protocol, **changes) == reached(*ask)


def test_others_pods_are_not_touched() -> None:
    ends = list(OTHERS.values())
    for source, target in itertools.permutations(ends, 2):
        assert allowed(policies(), source, target, 8080)


def test_without_policies_nothing_is_denied() -> None:
    assert not objects(declared(kubernetesNetworkPolicies=False), "NetworkPolicy")


RULE = {"ports": [{"port": 80, "protocol": "TCP"}]}


@pytest.mark.parametrize(
    ("ingress", "expected"),
    [
        ([], set()),
        ([RULE], {"beside", "elsewhere", "outside"}),
        ([{**RULE, "from": [{"podSelector": {}}]}], {"beside"}),
        ([{**RULE, "from": [{"namespaceSelector": {}}]}], {"beside", "elsewhere"}),
        ([{**RULE, "from": [{"podSelector": {"matchLabels": {"app": "no"}}}]}], set()),
        (
            [
                {
                    **RULE,
                    "from": [
                        {
                            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "apps"}},
                            "podSelector": {"matchLabels": {"app": "client"}},
                        }
                    ],
                }
            ],
            {"elsewhere"},
        ),
        ([{"ports": [{"port": 81}]}], set()),
    ],
    ids=shown,
)
def test_the_rules_are_read_as_kubernetes_reads_them(ingress: list[Any], expected: set[str]) -> None:
    policy = {
        "metadata": {"namespace": STACK},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": ingress},
    }
    target = Endpoint(STACK, {"app": "target"})
    sources = ("beside", "elsewhere", "outside")
    assert {name for name in sources if allowed([policy], OTHERS[name], target, 80)} == expected
