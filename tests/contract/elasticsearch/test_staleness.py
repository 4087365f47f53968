"""Texts that are changed past the pipeline: seen, counted, mended, and never carried on by a migration."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents import mending, staleness
from components.elasticsearch.documents.bulk import Document, index_documents
from components.elasticsearch.documents.digest import DIGEST_MAPPING, digest_of, text_of
from components.elasticsearch.documents.sequence import read_progress
from components.elasticsearch.documents.staleness import KINDS
from components.elasticsearch.embedding.search import search, truncate
from components.elasticsearch.errors import ConflictError, EmbeddingError
from components.elasticsearch.generations import index as indices
from components.elasticsearch.migration import finishing
from tests.contract.elasticsearch.people import assert_holds, fill
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.elasticsearch.test_life import CONTENTS, vectors
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer, embedding

pytestmark = pytest.mark.sandbox

FIRST = "jina-demo-768-f16-59cfacee-1"


def quietly(_: str) -> None:
    """Say nothing."""


def change_past_the_pipeline(client: Client, contents: dict[str, Any]) -> None:
    """Change texts as people do who do not know that a bulk update runs no pipeline."""
    lines: list[dict[str, Any]] = []
    for one, content in contents.items():
        lines += [{"update": {"_id": one}}, {"doc": {"content": content}}]
    answer = client.request("POST", f"/{ALIAS}/_bulk", lines, query={"refresh": "true"})
    assert answer["errors"] is False


def concrete(client: Client) -> str:
    """Return the index behind the alias."""
    return str(next(iter(client.request("GET", f"/{ALIAS}"))))


def counted(client: Client) -> dict[str, int]:
    """Return how many documents of each kind there are, of those that there are any of."""
    return {str(kind): count for kind, count in staleness.tally(client, concrete(client)).of.items()}


def mend(client: Client, wanted: Wanted) -> int:
    """Mend everything, as the command does."""
    index = concrete(client)
    embedder = wanted.embedder() if wanted.local_embeddings_url else None
    embeds = mending.embedder_for(client, wanted.identity(), wanted.pipeline_id, embedder)
    done = mending.mend(client, index, embeds, KINDS, quietly)
    mending.note_checked(client, index, done.checked)
    client.request("POST", f"/{index}/_refresh")
    return done.written


def nearest(client: Client, text: str, dims: int) -> str:
    """Return the document that is nearest to the embedding of a text."""
    return search(client, ALIAS, truncate(embedding(f"Document: {text}", 768), dims), 1)[0].id


@pytest.fixture(params=["inference", "client"])
def either(request: pytest.FixtureRequest, wanted: Wanted, model: EmbeddingServer, node: Node) -> Wanted:
    """Return the settings of a stack that embeds in one of the two ways, the second on a Basic licence."""
    if request.param == "client":
        node.to_basic()
        return replace(wanted, local_embeddings_url=model.url, dims=128)
    return replace(wanted, dims=128)


@pytest.fixture
def filled(either: Wanted, client: Client) -> tuple[StackResources, dict[str, str]]:
    """Bring a stack up and put documents into it; return it and all contents."""
    stack = StackResources()
    stack.up(either)
    contents = {f"doc-{number}": f"text {number}" for number in range(40)}
    documents = [Document(one, content) for one, content in contents.items()]
    index_documents(client, ALIAS, documents, either.embedder() if either.local_embeddings_url else None)
    return stack, CONTENTS | contents


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
        assert stored["content_digest"] == digest_of(text_of(stored["content"])), found["_id"]
        assert f"Document: {text_of(stored['content'])}" in model.texts, found["_id"]
    assert counted(client) == {}
    # As a document, it says nothing of what is in it.
    client.request("PUT", f"/{ALIAS}/_doc/empty", {"content": ""}, query={"refresh": "true"})
    assert client.request("GET", f"/{ALIAS}/_doc/empty")["_source"] == {"content": ""}
    assert counted(client) == {}


def test_half_a_surrogate_pair_ends_nothing(wanted: Wanted, client: Client, node: Node) -> None:
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
        assert mend(client, replace(wanted, dims=64)) == 1
        assert counted(client) == {}


@pytest.fixture
def slices(wanted: Wanted, client: Client) -> tuple[StackResources, dict[str, str]]:
    """Bring up a stack whose documents are about to be cut, some of them stale in each way."""
    stack = StackResources()
    stack.up(wanted)
    contents = CONTENTS | fill(client, 60)
    changed = {f"doc-{number}": f"changed {number}" for number in range(5)}
    change_past_the_pipeline(client, changed)
    return stack, contents | changed


@pytest.mark.parametrize(
    "change",
    [{"dims": 64}, {"index_options": "hnsw"}, {"dims": 64, "sha256": "b" * 64}],
    ids=["slice", "copy", "re-embed"],
)
def test_a_migration_carries_no_stale_embedding_on(
    change: dict[str, Any], wanted: Wanted, slices: tuple[StackResources, dict[str, str]], client: Client
) -> None:
    stack, contents = slices
    change_past_the_pipeline(client, {"doc-50": None, "doc-51": ""})
    changed = replace(wanted, **change)
    stack.up(changed)
    assert counted(client) == {}
    stored = vectors(client)
    assert (stored.pop("doc-50"), stored.pop("doc-51")) == ([], [])
    for one, vector in stored.items():
        expected = truncate(embedding(f"Document: {contents[one]}", 768), changed.dims)
        assert vector == pytest.approx(expected, abs=1e-4), one
    assert stack.state["index"]["stale_documents"] == 0
    stack.refresh()
    assert stack.up(changed) == []


@pytest.mark.parametrize("who", ["client", "client to inference", "inference to client"])
def test_also_where_the_client_embeds(
    who: str, wanted: Wanted, model: EmbeddingServer, client: Client
) -> None:
    in_client = replace(wanted, local_embeddings_url=model.url)
    before, after = {
        "client": (in_client, in_client),
        "client to inference": (in_client, wanted),
        "inference to client": (wanted, in_client),
    }[who]
    stack = StackResources()
    stack.up(before)
    change_past_the_pipeline(client, {"demo-01": "changed"})
    changed = replace(after, dims=64)
    stack.up(changed)
    assert counted(client) == {}
    assert_holds(client, changed, CONTENTS | {"demo-01": "changed"})
    stack.refresh()
    assert stack.up(changed) == []


@pytest.mark.parametrize("crash", ["no", "yes", "and other settings"])
def test_what_is_changed_in_the_last_moments_is_mended_after_the_switch(
    crash: str,
    wanted: Wanted,
    slices: tuple[StackResources, dict[str, str]],
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stack, contents = slices
    changed = replace(wanted, dims=64)
    close, finish = indices.close_to_writers, finishing.finish

    def just_before(*arguments: Any) -> None:
        change_past_the_pipeline(client, {"doc-9": "in the last moment"})
        close(*arguments)

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(indices, "close_to_writers", just_before)
        if crash != "no":
            patched.setattr(finishing, "finish", dies)
            with pytest.raises(KeyboardInterrupt):
                stack.up(changed)
        else:
            stack.up(changed)
    assert finishing.finish is finish
    if crash != "no":
        assert counted(client) == {"stale": 1}
        changed = replace(changed, dims=32) if crash == "and other settings" else changed
        stack.refresh()
        stack.up(changed)
    assert counted(client) == {}
    assert_holds(client, changed, contents | {"doc-9": "in the last moment"})


def test_a_document_that_cannot_be_embedded_ends_a_migration_by_name_before_anything_changed(
    wanted: Wanted,
    slices: tuple[StackResources, dict[str, str]],
    client: Client,
    model: EmbeddingServer,
) -> None:
    stack, contents = slices
    changed = replace(wanted, dims=64)
    model.fail(400, 1000)
    with pytest.raises(EmbeddingError, match=r"Document doc-\d could not be embedded: .*400"):
        stack.up(changed)
    model.fail(400, 0)
    assert concrete(client) == FIRST
    stack.up(changed)
    assert_holds(client, changed, contents)


def test_a_generation_that_people_closed_to_writers_is_mended_where_its_documents_arrive(
    wanted: Wanted, slices: tuple[StackResources, dict[str, str]], client: Client
) -> None:
    stack, contents = slices
    client.request("PUT", f"/{FIRST}/_block/write")
    changed = replace(wanted, dims=64)
    stack.up(changed)
    assert counted(client) == {}
    assert_holds(client, changed, contents)


def as_of_before(client: Client, index: str) -> None:
    """Make an index what an earlier version left: without the field of digests, and with none in its documents."""
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
    """Make a pipeline what an earlier version left: one that writes no digest."""
    body = client.request("GET", f"/_ingest/pipeline/{pipeline_id}")[pipeline_id]
    last = body["processors"][-1]["script"]
    last["source"] = last["source"].replace("ctx.content_digest = ('' + ctx.content).sha256();", "")
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
