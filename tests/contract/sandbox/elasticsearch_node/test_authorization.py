"""What an API key may do: every action is checked, and refused in the words of the real server."""

from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.answers import error_of
from tests.contract.sandbox.elasticsearch_node.documents import create_index
from tests.contract.sandbox.elasticsearch_node.keys import Key
from tests.fixtures.elasticsearch_node import Node

pytestmark = pytest.mark.sandbox

NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def indices(node: Node) -> None:
    """Make two indices of one document each, and an alias of the first one."""
    for name in ("mine-1", "other"):
        create_index(node, name)
        node.send("PUT", f"/{name}/_doc/1?refresh=true", {"content": "red"})
    node.send("POST", "/_aliases", {"actions": [{"add": {"index": "mine-1", "alias": "mine"}}]})


@pytest.mark.parametrize(
    ("method", "path", "body", "action", "granted_by"),
    [
        ("GET", "/", None, "cluster:monitor/main", "monitor"),
        ("GET", "/_cluster/health", None, "cluster:monitor/health", "monitor"),
        ("GET", "/_nodes/stats", None, "cluster:monitor/nodes/stats", "monitor"),
        ("GET", "/_license", None, "cluster:monitor/xpack/license/get", "monitor"),
        ("GET", "/_tasks", None, "cluster:monitor/tasks/lists", "monitor"),
        ("POST", "/_tasks/node:1/_cancel", None, "cluster:admin/tasks/cancel", "cancel_task"),
        ("GET", "/_inference", None, "cluster:monitor/xpack/inference/get", "monitor_inference"),
        ("DELETE", "/_inference/none", None, "cluster:admin/xpack/inference/delete", "manage_inference"),
        ("GET", "/_license/trial_status", None, "cluster:admin/xpack/license/trial_status", "manage"),
        ("GET", "/_ingest/pipeline", None, "cluster:admin/ingest/pipeline/get", "read_pipeline"),
        (
            "PUT",
            "/_ingest/pipeline/mine",
            {"processors": []},
            "cluster:admin/ingest/pipeline/put",
            "manage_ingest_pipelines",
        ),
        (
            "POST",
            "/_security/api_key",
            {"name": "another"},
            "cluster:admin/xpack/security/api_key/create",
            "manage_security",
        ),
    ],
)
def test_a_cluster_action_needs_a_privilege_that_grants_it(
    node: Node, method: str, path: str, body: Any, action: str, granted_by: str
) -> None:
    key = Key(node)
    answer = key.send(method, path, body)
    error = error_of(answer)
    assert (answer.status_code, error["type"]) == (403, "security_exception")
    before, _, privileges = error["reason"].partition(", this action is granted by the cluster privileges [")
    assert before == f"action [{action}] is unauthorized for API key id [{key.id}] of user [elastic]"
    assert granted_by in privileges.rstrip("]").split(",")
    assert Key(node, [granted_by]).send(method, path, body).status_code != 403


@pytest.mark.parametrize(
    ("method", "path", "body", "action", "granted_by"),
    [
        ("GET", "/mine-1/_search", None, "indices:data/read/search", "read"),
        ("GET", "/mine-1/_doc/1", None, "indices:data/read/get", "read"),
        ("POST", "/mine-1/_pit?keep_alive=1m", None, "indices:data/read/open_point_in_time", "read"),
        ("PUT", "/mine-1/_doc/2", {"content": "x"}, "indices:data/write/bulk[s]", "index"),
        ("POST", "/mine-1/_update/1", {"doc": {"content": "x"}}, "indices:data/write/update", "index"),
        ("POST", "/mine-1/_update_by_query", {}, "indices:data/write/update/byquery", "write"),
        ("POST", "/mine-1/_refresh", None, "indices:admin/refresh", "maintenance"),
        ("GET", "/mine-1", None, "indices:admin/get", "view_index_metadata"),
        ("GET", "/mine-1/_settings", None, "indices:monitor/settings/get", "view_index_metadata"),
        ("GET", "/mine-1/_stats", None, "indices:monitor/stats", "monitor"),
        (
            "PUT",
            "/mine-1/_settings",
            {"index.refresh_interval": "5s"},
            "indices:admin/settings/update",
            "manage",
        ),
        (
            "PUT",
            "/mine-1/_mapping",
            {"properties": {"a": {"type": "keyword"}}},
            "indices:admin/mapping/put",
            "manage",
        ),
        ("PUT", "/mine-1/_block/write", None, "indices:admin/block/add", "manage"),
        ("PUT", "/mine-2", None, "indices:admin/create", "create_index"),
        ("DELETE", "/mine-1", None, "indices:admin/delete", "delete_index"),
    ],
)
@pytest.mark.usefixtures("indices")
def test_an_index_action_needs_a_privilege_on_that_index(
    node: Node, method: str, path: str, body: Any, action: str, granted_by: str
) -> None:
    # A right elsewhere is none here; only it lets a write get as far as the index.
    key = Key(node, [], {"elsewhere": ["all"]})
    index = path.split("/")[1]
    answer = key.send(method, path, body)
    error = error_of(answer)
    assert (answer.status_code, error["type"]) == (403, "security_exception")
    before, _, privileges = error["reason"].partition(", this action is granted by the index privileges [")
    who = f"API key id [{key.id}] of user [elastic]"
    assert before == f"action [{action}] is unauthorized for {who} on indices [{index}]"
    assert granted_by in privileges.rstrip("]").split(",")
    granted = ["read", "write"] if action.endswith("byquery") else [granted_by]
    allowed = Key(node, [], {"mine-*": granted}).send(method, path, body)
    assert allowed.ok, allowed.text


@pytest.mark.usefixtures("indices")
class TestNames:
    """Which index a right is about."""

    def test_a_wildcard_means_what_is_allowed(self, node: Node) -> None:
        key = Key(node, [], {"mine*": ["read", "view_index_metadata", "monitor"]})
        assert list(key.send("GET", "/*/_settings").json()) == ["mine-1"]
        assert list(key.send("GET", "/_all/_mapping?expand_wildcards=all").json()) == ["mine-1"]
        assert list(key.send("GET", "/_alias").json()) == ["mine-1"]
        assert key.send("GET", "/_search").json()["hits"]["total"]["value"] == 1
        assert key.send("GET", "/oth*/_search").json()["hits"]["total"]["value"] == 0
        assert key.send("GET", "/oth*/_settings").json() == {}
        assert [found["name"] for found in key.send("GET", "/_resolve/index/*").json()["indices"]] == [
            "mine-1"
        ]

    def test_a_closed_and_a_hidden_index_are_met_when_asked_for(self, node: Node) -> None:
        key = Key(node, [], {"*": ["view_index_metadata"]})
        node.send("POST", "/other/_close")
        create_index(node, ".tucked", **{"index.hidden": True})
        assert list(key.send("GET", "/*/_settings").json()) == ["mine-1"]
        everything = key.send("GET", "/*/_settings?expand_wildcards=all").json()
        assert sorted(everything) == [".tucked", "mine-1", "other"]

    def test_a_right_on_an_alias_is_enough_for_its_documents(self, node: Node) -> None:
        key = Key(node, [], {"mine": ["read", "write"]})
        assert key.send("PUT", "/mine/_doc/2?refresh=true", {"content": "x", "new": 1}).status_code == 201
        assert key.send("GET", "/mine/_count").json()["count"] == 2
        assert key.send("GET", "/mine-1/_count").status_code == 403

    def test_an_alias_is_changed_by_those_who_may_change_both(self, node: Node) -> None:
        actions = {"actions": [{"add": {"index": "mine-1", "alias": "other-name"}}]}
        refused = Key(node, [], {"mine-*": ["all"]}).send("POST", "/_aliases", actions)
        assert "on indices [other-name]" in error_of(refused)["reason"]
        assert Key(node, [], {"mine-*": ["all"], "other-name": ["all"]}).send("POST", "/_aliases", actions).ok

    def test_an_index_with_an_alias_is_made_by_those_who_may_make_the_alias(self, node: Node) -> None:
        body: dict[str, Any] = {"aliases": {"mine": {}}}
        refused = Key(node, [], {"mine-*": ["all"]}).send("PUT", "/mine-2", body)
        assert error_of(refused)["reason"].startswith("action [indices:admin/aliases] is unauthorized")
        assert Key(node, [], {"mine*": ["all"]}).send("PUT", "/mine-2", body).ok


@pytest.mark.usefixtures("indices")
class TestParts:
    """Requests whose parts are authorized one by one."""

    def test_a_bulk_refuses_single_items(self, node: Node) -> None:
        lines = '{"delete":{"_index":"mine-1","_id":"1"}}\n{"index":{"_index":"mine-1"}}\n{"content":"x"}\n'
        lines += '{"index":{"_index":"other"}}\n{"content":"x"}\n'
        key = Key(node, [], {"mine-*": ["index"]})
        items = key.send("POST", "/_bulk", data=lines, headers=NDJSON).json()["items"]
        statuses = [next(iter(item.values()))["status"] for item in items]
        assert statuses == [403, 201, 403]
        reason = items[0]["delete"]["error"]["reason"]
        assert reason.startswith(
            f"action [indices:data/write/delete] is unauthorized for API key id [{key.id}]"
        )

    def test_a_reindex_reads_and_writes_with_the_rights_of_the_caller(self, node: Node) -> None:
        body = {"source": {"index": "other"}, "dest": {"index": "mine-1"}}
        refused = Key(node, [], {"mine-*": ["all"]}).send("POST", "/_reindex", body)
        assert error_of(refused)["reason"].startswith("action [indices:data/read/search] is unauthorized")
        key = Key(node, [], {"mine-*": ["write"], "other": ["read"]})
        assert key.send("POST", "/_reindex", body).json()["total"] == 1

    def test_an_open_search_is_closed_by_whoever_has_it(self, node: Node) -> None:
        key = Key(node, [], {"mine-*": ["read"]})
        pit = key.send("POST", "/mine-1/_pit?keep_alive=1m").json()["id"]
        page = {"pit": {"id": pit}, "size": 1}
        assert key.send("POST", "/_search", page).json()["hits"]["total"]["value"] == 1
        assert Key(node, [], {"else": ["read"]}).send("POST", "/_search", page).status_code == 403
        assert key.send("DELETE", "/_pit", {"id": pit}).ok
        scroll = key.send("GET", "/mine-1/_search?scroll=1m").json()["_scroll_id"]
        assert key.send("DELETE", "/_search/scroll", {"scroll_id": scroll}).ok

    def test_a_stored_task_is_read_by_those_who_may_monitor(self, node: Node) -> None:
        key = Key(node, ["monitor"], {"mine-*": ["all"]})
        body = {"source": {"index": "mine-1"}, "dest": {"index": "mine-2"}}
        task = key.send("POST", "/_reindex?wait_for_completion=false", body).json()["task"]
        done = key.send("GET", f"/_tasks/{task}?wait_for_completion=true").json()
        assert done["response"]["created"] == 1
        assert Key(node).send("GET", f"/_tasks/{task}").status_code == 403
