"""Ingest scripts, compiled and run by the node's real Painless; what does not compile is in test_ingest.py."""

from hashlib import sha256
from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.answers import simulate
from tests.fixtures.elasticsearch_node import Node

pytestmark = pytest.mark.sandbox

KEEP_FIRST = (
    "def v = new ArrayList(); for (int i = 0; i < params.n; i++) { v.add(ctx.vector[i]); } ctx.vector = v;"
)


@pytest.mark.parametrize(
    ("script", "before", "after"),
    [
        pytest.param(
            {"source": KEEP_FIRST, "params": {"n": 2}},
            {"vector": [0.5, 1, 2.5], "a": "b"},
            {"vector": [0.5, 1.0], "a": "b"},
            id="a list is shortened",
        ),
        pytest.param(
            {"source": "ctx.digest = ctx.text.sha256()"},
            {"text": "Grüße, 世界"},
            {"text": "Grüße, 世界", "digest": sha256("Grüße, 世界".encode()).hexdigest()},
            id="the digest of a text",
        ),
    ],
)
def test_a_script_changes_a_document(
    elasticsearch_node: Node, script: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert simulate(elasticsearch_node, [{"script": script}], before)["doc"]["_source"] == after


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("for (int i = 0; i < 10000000; ++i) { ctx.a = i }", "loop"),
        ("ctx.a = ctx.missing.length()", "null"),
    ],
)
def test_a_script_that_fails_is_told_in_the_words_of_painless(
    elasticsearch_node: Node, source: str, why: str
) -> None:
    error = simulate(elasticsearch_node, [{"script": {"source": source}}], {})["error"]
    assert error["type"] == "script_exception"
    assert why in error["caused_by"]["reason"]
