"""An ingest script, compiled and run by itself by the node's real Painless."""

from hashlib import sha256
from typing import Any

import pytest

from sandbox.elasticsearch.painless import run_ingest_script
from sandbox.errors import SandboxError
from tests.fixtures.elasticsearch_node import Node

pytestmark = pytest.mark.sandbox

KEEP_FIRST = (
    "def v = new ArrayList(); for (int i = 0; i < params.n; i++) { v.add(ctx.vector[i]); } ctx.vector = v;"
)


@pytest.mark.parametrize("arrays", [(), ("vector",)])
def test_a_script_runs_on_lists_and_on_arrays(elasticsearch_node: Node, arrays: tuple[str, ...]) -> None:
    with elasticsearch_node.client() as client:
        left = run_ingest_script(
            client, KEEP_FIRST, {"n": 2}, {"vector": [0.5, 1, 2.5], "a": "b"}, arrays=arrays
        )
    assert left == {"vector": [0.5, 1.0], "a": "b"}


def test_a_script_makes_the_digest_of_a_text(elasticsearch_node: Node) -> None:
    text = "Grüße, 世界"
    with elasticsearch_node.client() as client:
        left = run_ingest_script(client, "ctx.digest = ctx.text.sha256()", {}, {"text": text})
    assert left["digest"] == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("source", "ctx", "arrays", "told"),
    [
        ("ctx.a = ;", {}, (), "does not compile.*invalid sequence of tokens"),
        ("def a = 1; int a = 2;", {}, (), "does not compile.*already defined"),
        ("while (true) { }", {}, (), "infinite|does not compile"),
        ("for (int i = 0; i < 10000000; ++i) { ctx.a = i }", {}, (), "failed on the document.*loop"),
        (
            "ctx.a = ctx.v.subList(0, 1)",
            {"v": [1.0]},
            ("v",),
            r"failed on the document.*subList/2\] not found",
        ),
        ("ctx.a = ctx.missing.length()", {}, (), "failed on the document.*null"),
    ],
)
def test_a_faulty_script_is_told_in_the_words_of_painless(
    elasticsearch_node: Node, *, source: str, ctx: dict[str, Any], arrays: tuple[str, ...], told: str
) -> None:
    with (
        elasticsearch_node.client() as client,
        pytest.raises(SandboxError, match=rf"(?s){told}"),
    ):
        run_ingest_script(client, source, {}, ctx, arrays=arrays)
