"""Digests of the embedded texts: pipeline and client write the same digest, and each index has a field for it."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.bulk import Document, index_documents
from components.elasticsearch.documents.digest import DIGEST_MAPPING, digest_of, text_of
from components.elasticsearch.errors import ConflictError, EmbeddingRefusedError
from tests.contract.elasticsearch.people import assert_holds
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.elasticsearch.stale import FIRST, concrete, counted, mend
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox


TEXTS: dict[str, Any] = {
    "plain": "text",
    "accents": "Grüße aus Łódź",
    "emoji": "👩‍👩‍👧 \U0001f600",
    "chinese": "深度学习",
    "combining": "e\u0301",
    "controls": "a\tb\nc\u0000d\u007f",
    "quotes": "\"'\\",
    "spaces": "  ",
    "long": "wörd " * 20_000,
    "whole": 7,
    "large": 12345678901234567890,
    "half": 0.5,
    "small": 1.5e-7,
    "great": 1e21,
    "ten million": 1e7,
    "third": 1 / 3,
    "truth": True,
    "list": ["a", "b"],
    "mixed": ["a", 1, 2.5, True, None],
    "nothing": [],
}


def test_the_digests_of_pipeline_and_client_are_the_same(
    wanted: Wanted, client: Client, model: EmbeddingServer
) -> None:
    StackResources().up(replace(wanted, demo_documents=False, dims=64))
    lines: list[dict[str, Any]] = []
    for name, content in TEXTS.items():
        lines += [{"index": {"_id": name}}, {"content": content}]
    answer = client.request("POST", f"/{ALIAS}/_bulk", lines, query={"refresh": "true"})
    assert answer["errors"] is False, answer
    docs = client.request("POST", f"/{ALIAS}/_mget", {"ids": list(TEXTS)})["docs"]
    for found in docs:
        stored = found["_source"]
        text = text_of(stored["content"])
        assert stored.get("content_digest") == (digest_of(text) if text else None), found["_id"]
        assert not text or f"Document: {text}" in model.texts, found["_id"]
    assert counted(client) == {}
    # Nothing to embed is no text, so the document gets no digest.
    client.request("PUT", f"/{ALIAS}/_doc/empty", {"content": ""}, query={"refresh": "true"})
    assert client.request("GET", f"/{ALIAS}/_doc/empty")["_source"] == {"content": ""}
    assert counted(client) == {}


def test_half_a_surrogate_pair_is_refused_by_name(wanted: Wanted, client: Client, node: Node) -> None:
    StackResources().up(replace(wanted, demo_documents=False, dims=64))
    raw = '{"content": "broken \\ud83d half"}'
    sent = node.session.put(
        f"{node.url}/{ALIAS}/_doc/broken?refresh=true&pipeline=_none",
        data=raw,
        headers={"content-type": "application/json"},
        auth=(node.user, node.password),
    )
    if sent.ok:
        assert counted(client) == {"without": 1}
        with pytest.raises(EmbeddingRefusedError, match=r"Document broken .* half of a surrogate pair"):
            mend(client, replace(wanted, dims=64))


def as_of_before(client: Client, index: str) -> None:
    """Make an index look as an earlier version left it: no field for digests, and no digest in its documents."""
    body = client.request("GET", f"/{index}")[index]
    del body["mappings"]["properties"]["content_digest"]
    settings = {"number_of_replicas": 0, "default_pipeline": body["settings"]["index"]["default_pipeline"]}
    older = {
        "settings": settings,
        "mappings": {"dynamic": "strict", **body["mappings"]},
        "aliases": body["aliases"],
    }
    kept = {"source": {"index": index}, "dest": {"index": "aside", "pipeline": "_none"}}
    script = {"lang": "painless", "source": "ctx._source.remove('content_digest')"}
    client.request("PUT", "/aside", {"mappings": older["mappings"]})
    client.request("POST", "/_reindex", {**kept, "script": script}, query={"refresh": "true"})
    client.request("DELETE", f"/{index}")
    client.request("PUT", f"/{index}", older)
    back = {"source": {"index": "aside"}, "dest": {"index": index, "pipeline": "_none"}}
    client.request("POST", "/_reindex", back, query={"refresh": "true"})
    client.request("DELETE", "/aside")


def pipeline_of_before(client: Client, pipeline_id: str) -> None:
    """Make a pipeline look as an earlier version left it: it writes no digest."""
    body = client.request("GET", f"/_ingest/pipeline/{pipeline_id}")[pipeline_id]
    last = body["processors"][-1]["script"]
    last["source"] = last["source"].replace("ctx.content_digest = text.sha256();", "")
    kept = {key: body[key] for key in ("description", "processors", "_meta")}
    client.request("PUT", f"/_ingest/pipeline/{pipeline_id}", kept)


@pytest.mark.parametrize("dims", [128, 64], ids=["as it was", "sliced at once"])
def test_an_index_of_before_learns_the_field_and_its_documents_are_mended_once(
    dims: int, either: Wanted, filled: tuple[StackResources, dict[str, str]], client: Client
) -> None:
    stack, contents = filled
    as_of_before(client, concrete(client))
    if not either.local_embeddings_url:
        pipeline_of_before(client, either.pipeline_id)
    stack.refresh()
    changed = replace(either, dims=dims)
    assert "updated index" in stack.up(changed)
    mapping = client.request("GET", f"/{ALIAS}/_mapping")[concrete(client)]["mappings"]
    assert mapping["properties"]["content_digest"] == DIGEST_MAPPING
    assert mapping["dynamic"] == "strict"
    unknown = {} if dims == 64 else {"unknown": len(contents)}
    assert counted(client) == unknown
    assert stack.state["index"]["stale_documents"] == sum(unknown.values())
    assert mend(client, changed) == sum(unknown.values())
    embedder = changed.embedder() if changed.local_embeddings_url else None
    index_documents(client, ALIAS, [Document("later", "written later")], embedder)
    assert counted(client) == {}
    assert_holds(client, changed, contents | {"later": "written later"})
    stack.refresh()
    assert stack.up(changed) == []


def test_strict_indices_of_people_that_use_the_pipeline_go_on_taking_documents(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    theirs = {
        "settings": {"default_pipeline": wanted.pipeline_id},
        "mappings": {
            "dynamic": "strict",
            "properties": {
                "content": {"type": "text"},
                "content_embedding": {"type": "dense_vector", "dims": 768},
            },
        },
    }
    client.request("PUT", "/theirs", theirs)
    pipeline_of_before(client, wanted.pipeline_id)
    client.request("PUT", "/theirs/_doc/1", {"content": "mine"})
    stack.refresh()
    stack.up(wanted)
    client.request("PUT", "/theirs/_doc/2", {"content": "mine too"})


def test_a_field_of_people_of_that_name_stops_it_before_anything_changes(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    as_of_before(client, FIRST)
    client.request("PUT", f"/{FIRST}/_mapping", {"properties": {"content_digest": {"type": "text"}}})
    pipeline_of_before(client, wanted.pipeline_id)
    before = (client.request("GET", "/*"), client.request("GET", "/_ingest/pipeline"))
    stack.refresh()
    with pytest.raises(ConflictError, match="content_digest"):
        stack.up(wanted)
    assert (client.request("GET", "/*"), client.request("GET", "/_ingest/pipeline")) == before
