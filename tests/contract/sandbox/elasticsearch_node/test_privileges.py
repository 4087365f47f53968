"""Privileges: what is asked beforehand, and what a key may be given."""

from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.documents import create_index
from tests.contract.sandbox.elasticsearch_node.keys import Key
from tests.fixtures.elasticsearch_node import Node, start_node

pytestmark = pytest.mark.sandbox


def test_has_privileges_answers_for_each_name(node: Node) -> None:
    key = Key(node, ["monitor", "manage_inference"], {"mine": ["all"], "mine-*": ["read", "write"]})
    asked = {
        "cluster": ["monitor", "monitor_inference", "cancel_task"],
        "index": [
            {"names": ["mine", "mine-*"], "privileges": ["read", "index", "manage"]},
            {"names": ["mine-1", "*"], "privileges": ["read"]},
        ],
    }
    expected = {
        "username": "elastic",
        "has_all_requested": False,
        "cluster": {"monitor": True, "monitor_inference": True, "cancel_task": False},
        "index": {
            "mine": {"read": True, "index": True, "manage": True},
            "mine-*": {"read": True, "index": True, "manage": False},
            "mine-1": {"read": True},
            "*": {"read": False},
        },
        "application": {},
    }
    for method in ("GET", "POST"):
        assert key.send(method, "/_security/user/_has_privileges", asked).json() == expected
    everything = node.send("POST", "/_security/user/_has_privileges", asked).json()
    assert everything["has_all_requested"] is True


@pytest.mark.parametrize(
    "role",
    [
        {"cluster": ["monitr"]},
        {"indices": [{"names": ["a"], "privileges": ["reed"]}]},
        {"indices": [{"names": ["a"], "privileges": ["read"], "query": {"match_all": {}}}]},
        {"indices": [{"names": ["/a.*/"], "privileges": ["read"]}]},
        {"remote_cluster": [{"clusters": ["a"], "privileges": ["monitor_enrich"]}]},
    ],
)
def test_what_is_not_enforced_is_refused(node: Node, role: dict[str, Any]) -> None:
    body = {"name": "key", "role_descriptors": {"role": role}}
    assert node.send("POST", "/_security/api_key", body).status_code == 400


def test_a_key_without_role_descriptors_has_the_rights_of_its_owner(node: Node) -> None:
    create_index(node, "other")
    created = node.send("POST", "/_security/api_key", {"name": "key"}).json()
    with node.client(basic_auth=None, api_key=created["encoded"]) as client:
        assert client.count(index="other")["count"] == 0
        assert client.security.has_privileges(cluster=["all"])["has_all_requested"] is True


def test_where_security_is_off_nobody_is_asked_for_privileges(elasticsearch_image: str) -> None:
    with start_node(image=elasticsearch_image, settings={"xpack.security.enabled": "false"}) as node:
        answer = node.send("POST", "/_security/user/_has_privileges", {"cluster": ["monitor"]})
        assert (answer.status_code, answer.json()) == (
            400,
            {"error": "no handler found for uri [/_security/user/_has_privileges] and method [POST]"},
        )
        assert node.send("GET", "/_cluster/health").ok
