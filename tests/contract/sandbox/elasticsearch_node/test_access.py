"""Credentials and the licence: who is let in, and what a Basic licence does not allow."""

import time
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from tests.contract.sandbox.elasticsearch_node.answers import error_of
from tests.contract.sandbox.elasticsearch_node.documents import create_index
from tests.contract.sandbox.elasticsearch_node.keys import NoCredentials
from tests.fixtures.elasticsearch_node import Node

pytestmark = pytest.mark.sandbox

CHALLENGES = ['Basic realm="security" charset="UTF-8"', 'Bearer realm="security"', "ApiKey"]


def test_the_root_tells_the_product_and_the_version(node: Node) -> None:
    answer = node.send("GET", "/")
    assert answer.headers["X-Elastic-Product"] == "Elasticsearch"
    assert answer.json()["version"]["number"] == "9.5.3"
    assert answer.json()["tagline"] == "You Know, for Search"
    assert node.send("HEAD", "/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/_cluster/health", "/_inference", "/documents/_search"])
@pytest.mark.parametrize(
    ("auth", "reason"),
    [
        (NoCredentials(), "missing authentication credentials for REST request [{path}]"),
        (("elastic", "wrong"), "unable to authenticate user [elastic] for REST request [{path}]"),
        (("nobody", "wrong"), "unable to authenticate user [nobody] for REST request [{path}]"),
    ],
)
def test_a_request_without_the_right_credentials_is_refused(
    node: Node, path: str, auth: Any, reason: str
) -> None:
    answer = node.send("GET", path, auth=auth)
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["reason"]) == (
        401,
        "security_exception",
        reason.format(path=path),
    )
    assert error["header"]["WWW-Authenticate"] == CHALLENGES
    assert error["root_cause"][0]["header"]["WWW-Authenticate"] == CHALLENGES


def test_an_api_key_is_let_in_until_it_is_invalidated(node: Node) -> None:
    created = node.send("POST", "/_security/api_key", {"name": "stack"}).json()
    headers = {"Authorization": f"ApiKey {created['encoded']}"}
    assert node.send("GET", "/", auth=NoCredentials(), headers=headers).status_code == 200
    invalidated = node.send("DELETE", "/_security/api_key", {"ids": [created["id"]]}).json()
    assert invalidated["invalidated_api_keys"] == [created["id"]]
    refused = node.send("GET", "/", auth=NoCredentials(), headers=headers)
    assert (refused.status_code, error_of(refused)["type"]) == (401, "security_exception")


def test_the_official_client_talks_to_the_node_by_password_and_by_key(node: Node) -> None:
    with node.client() as client:
        key = client.security.create_api_key(name="stack")["encoded"]
    with Elasticsearch(node.url, api_key=key) as client:
        assert client.info()["version"]["number"] == "9.5.3"


@pytest.mark.parametrize("path", ["/_unknown", "/_license/unknown", "/_security/role/x"])
def test_a_path_that_the_node_does_not_serve_is_refused(node: Node, path: str) -> None:
    assert node.send("POST", path).status_code in {400, 405}


@pytest.mark.parametrize(
    "path", ["/_inference?unknown=1", "/_license?unknown=1", "/_ingest/pipeline?unknown=1"]
)
def test_an_unknown_parameter_is_refused(node: Node, path: str) -> None:
    answer = node.send("GET", path)
    assert answer.status_code == 400
    assert "contains unrecognized parameter: [unknown]" in error_of(answer)["reason"]


class TestLicence:
    """What the licence allows, and how it is changed."""

    def test_a_trial_shows_its_end(self, node: Node) -> None:
        licence = node.send("GET", "/_license").json()["license"]
        assert (licence["type"], licence["status"]) == ("trial", "active")
        days = (licence["expiry_date_in_millis"] - licence["issue_date_in_millis"]) / 86_400_000
        assert days == pytest.approx(30)

    def test_a_basic_licence_refuses_inference(self, node: Node, endpoint: str) -> None:
        node.to_basic()
        licence = node.send("GET", "/_license").json()["license"]
        assert licence["type"] == "basic"
        assert "expiry_date" not in licence
        path = f"/_inference/text_embedding/{endpoint}"
        for method, url, body in (
            ("PUT", path, {"service": "openai"}),
            ("PUT", f"{path}/_update", {"task_settings": {}}),
            ("POST", path, {"input": "text"}),
        ):
            answer = node.send(method, url, body)
            error = error_of(answer)
            assert (answer.status_code, error["type"], error["reason"]) == (
                403,
                "security_exception",
                "current license is non-compliant for [inference]",
            )
            assert error["license.expired.feature"] == "inference"
            assert error["root_cause"][0]["license.expired.feature"] == "inference"
        assert node.send("GET", path).status_code == 200
        assert node.send("DELETE", path).status_code == 200

    def test_a_basic_licence_refuses_each_document_of_an_inference_pipeline(
        self, node: Node, endpoint: str
    ) -> None:
        step = {"model_id": endpoint, "input_output": {"input_field": "a", "output_field": "b"}}
        assert node.send("PUT", "/_ingest/pipeline/embed", {"processors": [{"inference": step}]}).ok
        node.to_basic()
        lines = '{"index":{}}\n{"a":"x"}\n'
        headers = {"Content-Type": "application/x-ndjson"}
        answer = node.send("POST", "/documents/_bulk?pipeline=embed", data=lines, headers=headers).json()
        item = answer["items"][0]["index"]
        assert (answer["errors"], item["status"], item["error"]["type"]) == (True, 403, "security_exception")

    def test_an_expired_trial_refuses_inference_and_what_watches_the_cluster_but_no_other_request(
        self, node: Node, endpoint: str
    ) -> None:
        create_index(node, "documents")
        assert node.send("POST", "/_stand_in/age_licence?days=30.001").ok
        licence = node.send("GET", "/_license").json()["license"]
        assert (licence["type"], licence["status"]) == ("trial", "expired")
        assert licence["expiry_date_in_millis"] < time.time() * 1000
        refused = node.send("POST", f"/_inference/text_embedding/{endpoint}", {"input": "text"})
        assert error_of(refused)["reason"] == "current license is non-compliant for [inference]"
        for path in ("/_cluster/health", "/_cluster/stats", "/_nodes/stats", "/documents/_stats"):
            answer = node.send("GET", path)
            assert (answer.status_code, error_of(answer)["reason"]) == (
                403,
                "current license is non-compliant for [security]",
            )
        assert node.send("PUT", "/documents/_doc/1?refresh=true", {"content": "text"}).status_code == 201
        assert node.send("GET", "/documents/_search").json()["hits"]["total"]["value"] == 1
        assert node.send("GET", "/_license/trial_status").json() == {"eligible_to_start_trial": False}
        assert node.send("POST", "/_license/start_basic?acknowledge=true").json()["basic_was_started"]
        assert node.send("GET", "/_cluster/health").ok

    def test_the_day_of_issue_can_be_moved_by_tests(self, node: Node) -> None:
        before = node.send("GET", "/_license").json()["license"]["expiry_date_in_millis"]
        node.send("POST", "/_stand_in/age_licence?days=25")
        after = node.send("GET", "/_license").json()["license"]
        assert after["expiry_date_in_millis"] == before - 25 * 86_400_000
        assert after["status"] == "active"
        node.send("POST", "/_stand_in/age_licence?days=-25")

    def test_the_one_trial_cannot_be_started_again(self, node: Node) -> None:
        node.to_basic()
        assert node.send("GET", "/_license/trial_status").json() == {"eligible_to_start_trial": False}
        answer = node.send("POST", "/_license/start_trial?acknowledge=true")
        assert (answer.status_code, answer.json()) == (
            403,
            {
                "acknowledged": True,
                "trial_was_started": False,
                "error_message": "Operation failed: Trial was already activated.",
            },
        )

    def test_a_trial_has_to_be_acknowledged(self, node: Node) -> None:
        node.to_basic()
        node.send("POST", "/_stand_in/forget_trial")
        assert node.send("GET", "/_license/trial_status").json() == {"eligible_to_start_trial": True}
        answer = node.send("POST", "/_license/start_trial")
        assert answer.status_code == 200
        assert (answer.json()["acknowledged"], answer.json()["trial_was_started"]) == (False, False)
        assert answer.json()["error_message"] == "Operation failed: Needs acknowledgement."
        started = node.send("POST", "/_license/start_trial?acknowledge=true")
        assert (started.status_code, started.json()) == (
            200,
            {"acknowledged": True, "trial_was_started": True, "type": "trial"},
        )
