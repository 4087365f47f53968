"""Texts that are changed without the pipeline are noticed, counted and mended."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents import mending, staleness
from components.elasticsearch.documents.digest import DIGEST_MAPPING, digest_of
from components.elasticsearch.documents.sequence import read_progress
from components.elasticsearch.documents.staleness import KINDS
from tests.contract.elasticsearch.people import assert_holds, vectors
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.elasticsearch.stale import (
    change_past_the_pipeline,
    concrete,
    counted,
    mend,
    nearest,
    quietly,
)
from tests.fixtures.embedding_server import embedding, truncate

pytestmark = pytest.mark.sandbox


def test_a_text_changed_past_the_pipeline_is_counted_and_mended(
    either: Wanted,
    filled: tuple[StackResources, dict[str, str]],
    client: Client,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stack, contents = filled
    stack.refresh()
    assert (stack.state["index"]["stale_documents"], capsys.readouterr().out) == (0, "")
    changed = {"doc-3": "quite another text", "doc-5": "and one more"}
    change_past_the_pipeline(client, changed)
    assert nearest(client, "text 3", 128) == "doc-3"  # found by the text that it had
    assert counted(client) == {"stale": 2}

    before = dict(stack.state["index"])
    stack.refresh()
    assert stack.state["index"] == {**before, "stale_documents": 2}
    assert "2 with an embedding of another text" in capsys.readouterr().out
    assert stack.up(either) == []  # `up` leaves documents alone
    again = dict(stack.state["index"])
    stack.refresh()
    assert stack.state["index"] == again

    version = client.request("GET", f"/{ALIAS}/_doc/doc-3")["_version"]
    assert mend(client, either) == 2
    assert nearest(client, "quite another text", 128) == "doc-3"
    assert client.request("GET", f"/{ALIAS}/_doc/doc-3")["_version"] == version + 1
    assert_holds(client, either, contents | changed)
    assert counted(client) == {}
    assert mend(client, either) == 0
    stack.refresh()
    assert (stack.state["index"]["stale_documents"], stack.up(either)) == (0, [])


@pytest.mark.usefixtures("filled")
def test_what_was_looked_at_is_not_looked_at_again(either: Wanted, client: Client) -> None:
    mend(client, either)
    index = concrete(client)
    assert staleness.read_checked(client, index) == read_progress(client, index).settled
    pages = list(staleness.read_pages(client, index, staleness.read_checked(client, index)))
    assert [page.size for page in pages] == []
    change_past_the_pipeline(client, {"doc-1": "changed"})
    assert counted(client) == {"stale": 1}


@pytest.mark.usefixtures("filled")
def test_every_kind_is_told_apart_and_mended(either: Wanted, client: Client) -> None:
    script = {"script": {"source": "ctx._source.remove('content_digest')", "lang": "painless"}}
    without = {"script": {"source": "ctx._source.remove('content_embedding')", "lang": "painless"}}
    lines: list[dict[str, Any]] = [
        {"update": {"_id": "doc-1"}},
        script,
        {"update": {"_id": "doc-2"}},
        without,
    ]
    client.request("POST", f"/{ALIAS}/_bulk", lines)
    change_past_the_pipeline(client, {"doc-3": "", "doc-4": None, "doc-5": "changed"})
    own: list[dict[str, Any]] = [
        {"index": {"_id": "own"}},
        {"content_embedding": [1.0] + [0.0] * 127, "title": "mine"},
    ]
    client.request("POST", f"/{ALIAS}/_bulk", own, query={"refresh": "true"})
    assert counted(client) == {"unknown": 1, "without": 1, "emptied": 2, "stale": 1}
    assert mend(client, either) == 5
    assert counted(client) == {}
    stored = vectors(client)
    assert (stored["doc-3"], stored["doc-4"]) == ([], [])
    assert stored["own"][0] == 1.0
    for one, content in {"doc-1": "text 1", "doc-2": "text 2", "doc-5": "changed"}.items():
        expected = truncate(embedding(f"Document: {content}", 768), 128)
        assert stored[one] == pytest.approx(expected, abs=1e-6)


@pytest.mark.usefixtures("filled")
def test_other_fields_and_other_vectors_of_a_mended_document_stay(either: Wanted, client: Client) -> None:
    mapping = {"properties": {"picture": {"type": "dense_vector", "dims": 2}, "tag": {"type": "keyword"}}}
    client.request("PUT", f"/{ALIAS}/_mapping", mapping)
    change_past_the_pipeline(client, {"doc-1": "changed"})
    other: list[dict[str, Any]] = [
        {"update": {"_id": "doc-1"}},
        {"doc": {"picture": [0.25, 0.5], "tag": "mine"}},
    ]
    client.request("POST", f"/{ALIAS}/_bulk", other)
    assert mend(client, either) == 1
    found = client.request("GET", f"/{ALIAS}/_doc/doc-1", query={"_source_exclude_vectors": "false"})
    assert (found["_source"]["picture"], found["_source"]["tag"]) == ([0.25, 0.5], "mine")


@pytest.mark.usefixtures("filled")
def test_whoever_changes_a_document_meanwhile_wins(
    either: Wanted,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change_past_the_pipeline(client, {"doc-1": "first", "doc-2": "first"})
    real = mending._changes

    def slow(*arguments: Any) -> Any:
        made = real(*arguments)
        if once:
            once.pop()
            change_past_the_pipeline(client, {"doc-1": "second"})
            client.request("DELETE", f"/{ALIAS}/_doc/doc-2", query={"refresh": "true"})
        return made

    once = [True]
    monkeypatch.setattr(mending, "_changes", slow)
    assert mend(client, either) == 1
    source = client.request("GET", f"/{ALIAS}/_doc/doc-1")["_source"]
    assert source == {"content": "second", "content_digest": digest_of("second")}
    assert client.find(f"/{ALIAS}/_doc/doc-2") is None
    assert counted(client) == {}


def test_a_small_window_and_shards_with_the_same_numbers_hide_nothing(wanted: Wanted, client: Client) -> None:
    StackResources().up(replace(wanted, demo_documents=False, dims=64))
    body = client.request("GET", f"/{ALIAS}")[concrete(client)]
    vector = body["mappings"]["properties"]["content_embedding"]
    client.request(
        "PUT",
        "/shards",
        {
            "settings": {"number_of_shards": 3, "number_of_replicas": 0, "max_result_window": 2},
            "mappings": {"properties": {"content_embedding": vector, "content_digest": DIGEST_MAPPING}},
        },
    )
    lines: list[dict[str, Any]] = []
    for number in range(25):
        lines += [{"index": {"_id": f"{number}"}}, {"content": f"{number}", "content_embedding": [1.0] * 64}]
    client.request("POST", "/shards/_bulk", lines, query={"refresh": "true"})
    assert dict(staleness.tally(client, "shards").of) == {"unknown": 25}
    embeds = mending.embedder_for(client, replace(wanted, dims=64).identity(), wanted.pipeline_id, None)
    assert mending.mend(client, "shards", embeds, KINDS, quietly).written == 25
    client.request("POST", "/shards/_refresh")
    assert dict(staleness.tally(client, "shards").of) == {}
