"""Reads what a node answered."""

from typing import Any

import requests

from tests.fixtures.elasticsearch_node import Node


def error_of(answer: requests.Response) -> dict[str, Any]:
    """Return the error object of an answer whose status is told twice, and must be the same in both places."""
    error: dict[str, Any] = answer.json()["error"]
    assert answer.json()["status"] == answer.status_code
    return error


def simulate(node: Node, processors: list[dict[str, Any]], source: dict[str, Any]) -> dict[str, Any]:
    """Return the document that the processors leave; its `error` when one of them fails."""
    body = {"pipeline": {"processors": processors}, "docs": [{"_source": source}]}
    answer = node.send("POST", "/_ingest/pipeline/_simulate", body)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["docs"][0]
    return result
