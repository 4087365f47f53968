"""Copies and changes of many documents: the stand-in for the module reindex, in the foreground and as tasks."""

import time
from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.answers import error_of
from tests.contract.sandbox.elasticsearch_node.documents import create_index
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import embedding

pytestmark = pytest.mark.sandbox


def wait_for(node: Node, task: str) -> dict[str, Any]:
    for _ in range(100):
        answer: dict[str, Any] = node.send("GET", f"/_tasks/{task}").json()
        if answer["completed"]:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"the task {task} did not end: {answer}")


def count(node: Node, index: str) -> int:
    node.send("POST", f"/{index}/_refresh")
    return int(node.send("GET", f"/{index}/_count").json()["count"])


class TestReindex:
    """Copies from index to index, in the foreground and as tasks."""

    def test_a_copy_carries_the_hidden_vectors(self, node: Node, documents: str) -> None:
        create_index(node, "copy")
        body = {"source": {"index": documents}, "dest": {"index": "copy"}}
        report = node.send("POST", "/_reindex?refresh=true", body)
        assert report.status_code == 200
        assert {name: report.json()[name] for name in ("total", "created", "updated", "failures")} == {
            "total": 4,
            "created": 4,
            "updated": 0,
            "failures": [],
        }
        knn = {"field": "vector", "k": 1, "num_candidates": 10, "query_vector": embedding("blue", 8)}
        hits = node.send("POST", "/copy/_search", {"knn": knn}).json()["hits"]["hits"]
        assert hits[0]["_id"] == "blue"

    def test_a_copy_through_an_inference_pipeline_has_to_leave_the_vectors_out(
        self, node: Node, documents: str
    ) -> None:
        create_index(node, "copy", default_pipeline="embed")
        body: dict[str, Any] = {"source": {"index": documents}, "dest": {"index": "copy"}}
        report = node.send("POST", "/_reindex", body)
        assert report.status_code == 400
        assert report.json()["failures"][0]["cause"]["type"] == "document_parsing_exception"
        body["source"]["_source"] = {"excludes": ["vector"]}
        assert node.send("POST", "/_reindex", body).json()["created"] == 4

    def test_a_script_truncates_the_vectors_of_a_copy(self, node: Node, documents: str) -> None:
        create_index(node, "short", dims=4)
        source = (
            "def v = new ArrayList(); for (int i = 0; i < params.dims; i++) "
            "{ v.add(ctx._source.vector[i]); } ctx._source.vector = v;"
        )
        script = {"source": source, "params": {"dims": 4}}
        body = {"source": {"index": documents}, "dest": {"index": "short"}, "script": script}
        assert node.send("POST", "/_reindex?refresh=true", body).json()["created"] == 4
        shown = node.send("GET", "/short/_doc/red?_source_exclude_vectors=false").json()["_source"]
        assert shown["vector"] == pytest.approx(embedding("red", 8)[:4], abs=1e-6)

    def test_a_task_tells_its_report_when_it_is_done(self, node: Node, documents: str) -> None:
        create_index(node, "copy")
        body = {"source": {"index": documents, "size": 2}, "dest": {"index": "copy"}}
        path = "/_reindex?wait_for_completion=false&requests_per_second=4"
        started = time.monotonic()
        task = node.send("POST", path, body).json()["task"]
        running = node.send("GET", f"/_tasks/{task}").json()
        assert (running["completed"], running["task"]["action"]) == (False, "indices:data/write/reindex")
        done = wait_for(node, task)
        assert time.monotonic() - started > 0.4  # the pause after the first batch of two
        assert (done["response"]["total"], done["response"]["created"]) == (4, 4)
        assert done["response"]["requests_per_second"] == 4.0
        assert done["response"]["batches"] == 2

    def test_a_failed_task_tells_its_failures_in_the_report(self, node: Node, documents: str) -> None:
        create_index(node, "narrow", dims=3)
        body = {"source": {"index": documents}, "dest": {"index": "narrow"}}
        task = node.send("POST", "/_reindex?wait_for_completion=false", body).json()["task"]
        failures = wait_for(node, task)["response"]["failures"]
        assert failures[0]["status"] == 400
        assert failures[0]["cause"]["type"] == "document_parsing_exception"

    def test_a_cancelled_task_stops(self, node: Node, documents: str) -> None:
        create_index(node, "copy")
        body = {"source": {"index": documents, "size": 1}, "dest": {"index": "copy"}}
        path = "/_reindex?wait_for_completion=false&requests_per_second=1"
        task = node.send("POST", path, body).json()["task"]
        assert node.send("POST", f"/_tasks/{task}/_cancel").status_code == 200
        response = wait_for(node, task)["response"]
        assert response["canceled"] == "by user request"
        assert response["created"] < 4

    def test_documents_that_are_there_are_conflicts(self, node: Node, documents: str) -> None:
        create_index(node, "copy")
        node.send("PUT", "/copy/_doc/red?refresh=true", {"content": "mine"})
        body: dict[str, Any] = {
            "source": {"index": documents},
            "dest": {"index": "copy", "op_type": "create"},
        }
        stopped = node.send("POST", "/_reindex", body)
        assert (stopped.status_code, stopped.json()["version_conflicts"]) == (409, 1)
        body["conflicts"] = "proceed"
        proceeded = node.send("POST", "/_reindex", body)
        assert proceeded.status_code == 200
        assert proceeded.json()["version_conflicts"] >= 1
        assert count(node, "copy") == 4

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ({"dest": {"index": "copy"}}, "use _all if you really want to copy from all existing indexes"),
            ({"source": {"index": "documents"}, "dest": {"index": "x"}, "extra": 1}, "[extra]"),
            (
                {"source": {"index": "documents"}, "dest": {"index": "documents"}},
                "reindex cannot write into an index its reading from [documents]",
            ),
            (
                {"source": {"index": "documents"}, "dest": {"index": "alias"}},
                "reindex cannot write into an index its reading from [documents]",
            ),
        ],
    )
    def test_a_faulty_request_is_refused(
        self, node: Node, documents: str, body: dict[str, Any], reason: str
    ) -> None:
        node.send("PUT", f"/{documents}/_alias/alias")
        answer = node.send("POST", "/_reindex", body)
        assert (answer.status_code, reason in answer.text) == (400, True), answer.text
        assert count(node, documents) == 4

    def test_a_source_that_is_not_there_is_not_found(self, node: Node) -> None:
        answer = node.send("POST", "/_reindex", {"source": {"index": "none"}, "dest": {"index": "copy"}})
        assert (answer.status_code, error_of(answer)["type"]) == (404, "index_not_found_exception")


def test_documents_are_updated_by_a_query_through_a_pipeline_and_keep_their_vectors(
    node: Node, documents: str
) -> None:
    seen = {"processors": [{"set": {"field": "seen", "value": True}}]}
    assert node.send("PUT", "/_ingest/pipeline/seen", seen).ok
    body = {"query": {"match": {"content": "red"}}}
    report = node.send("POST", f"/{documents}/_update_by_query?refresh=true&pipeline=seen", body)
    assert (report.status_code, report.json()["updated"]) == (200, 1)
    shown = node.send("GET", f"/{documents}/_doc/red?_source_exclude_vectors=false").json()["_source"]
    assert (shown["content"], shown["seen"], len(shown["vector"])) == ("red", True, 8)
