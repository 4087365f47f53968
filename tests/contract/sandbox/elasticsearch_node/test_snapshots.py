"""Snapshots in a repository of files: the server's own code, which has to find all that it needs in the image."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.answers import error_of
from tests.contract.sandbox.elasticsearch_node.documents import create_index
from tests.contract.sandbox.elasticsearch_node.keys import Key
from tests.fixtures.elasticsearch_node import Node, start_node

pytestmark = pytest.mark.sandbox

BACKUPS = "/backups"
REPOSITORY = {"type": "fs", "settings": {"location": BACKUPS}}


@pytest.fixture(scope="module")
def backed_up(elasticsearch_image: str) -> Iterator[Node]:
    """Run a node whose one index, with a document, a vector and an alias, is in the snapshot `first`."""
    with start_node(
        image=elasticsearch_image,
        settings={"path.repo": BACKUPS},
        tmpfs={BACKUPS: "rw,size=64m,uid=1000,gid=0,mode=0770"},
    ) as node:
        create_index(node, "documents")
        document = {"content": "red", "vector": [1, 2, 3, 4, 5, 6, 7, 8]}
        node.send("PUT", "/documents/_doc/1?refresh=true", document)
        node.send(
            "POST",
            "/_aliases",
            {"actions": [{"add": {"index": "documents", "alias": "known", "is_write_index": True}}]},
        )
        _ok(node, "PUT", "/_snapshot/files", REPOSITORY)
        made = _ok(
            node,
            "PUT",
            "/_snapshot/files/first?wait_for_completion=true",
            {"indices": "documents", "include_global_state": False, "metadata": {"by": "a test"}},
        )["snapshot"]
        assert (made["state"], made["shards"]["failed"]) == ("SUCCESS", 0)
        yield node


def _ok(node: Node, method: str, path: str, body: Any = None) -> Any:
    answer = node.send(method, path, body)
    assert answer.ok, answer.text
    return answer.json()


def test_a_repository_is_verified_and_told(backed_up: Node) -> None:
    assert len(_ok(backed_up, "POST", "/_snapshot/files/_verify")["nodes"]) == 1
    assert _ok(backed_up, "GET", "/_snapshot/files")["files"]["type"] == "fs"
    assert _ok(backed_up, "POST", "/_snapshot/files/_cleanup")["results"]["deleted_blobs"] == 0


def test_a_snapshot_tells_its_state(backed_up: Node) -> None:
    told = _ok(backed_up, "GET", "/_snapshot/files/first")["snapshots"][0]
    assert (told["state"], told["indices"], told["metadata"]) == ("SUCCESS", ["documents"], {"by": "a test"})
    status = _ok(backed_up, "GET", "/_snapshot/files/first/_status")["snapshots"][0]
    assert status["shards_stats"]["done"] == status["shards_stats"]["total"] == 1


def test_a_snapshot_is_restored_under_another_name_without_its_aliases(backed_up: Node) -> None:
    body = {
        "indices": "documents",
        "include_aliases": False,
        "include_global_state": False,
        "rename_pattern": "(.+)",
        "rename_replacement": "restored-$1",
    }
    _ok(backed_up, "POST", "/_snapshot/files/first/_restore?wait_for_completion=true", body)
    found = _ok(backed_up, "GET", "/restored-documents/_doc/1?_source_exclude_vectors=false")["_source"]
    assert found == {"content": "red", "vector": [1, 2, 3, 4, 5, 6, 7, 8]}
    assert list(_ok(backed_up, "GET", "/_alias/known")) == ["documents"]
    again = backed_up.send("POST", "/_snapshot/files/first/_restore?wait_for_completion=true", body)
    assert (again.status_code, error_of(again)["type"]) == (500, "snapshot_restore_exception")


def test_a_snapshot_outlives_its_repository_in_the_cluster_state(backed_up: Node) -> None:
    _ok(backed_up, "DELETE", "/_snapshot/files")
    _ok(backed_up, "PUT", "/_snapshot/files", REPOSITORY)
    assert _ok(backed_up, "GET", "/_snapshot/files/_all")["total"] == 1


def test_a_snapshot_is_deleted(backed_up: Node) -> None:
    _ok(backed_up, "PUT", "/_snapshot/files/second?wait_for_completion=true", {"indices": "documents"})
    _ok(backed_up, "DELETE", "/_snapshot/files/second")
    assert backed_up.send("GET", "/_snapshot/files/second").status_code == 404


def test_a_place_that_path_repo_does_not_name_is_refused(backed_up: Node) -> None:
    elsewhere = {"type": "fs", "settings": {"location": "/elsewhere"}}
    answer = backed_up.send("PUT", "/_snapshot/elsewhere", elsewhere)
    assert (answer.status_code, error_of(answer)["type"]) == (500, "repository_exception")


def test_snapshots_need_cluster_privileges(backed_up: Node) -> None:
    watching, making = Key(backed_up, ["monitor_snapshot"]), Key(backed_up, ["create_snapshot"])
    assert watching.send("GET", "/_snapshot/files/first").ok
    assert watching.send("PUT", "/_snapshot/files/third").status_code == 403
    assert making.send("PUT", "/_snapshot/files/third?wait_for_completion=true").ok
    assert making.send("POST", "/_snapshot/files/third/_restore").status_code == 403
