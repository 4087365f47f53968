"""Texts that are changed without the pipeline: no migration copies their stale embeddings."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import EmbeddingError
from components.elasticsearch.generations import index as indices
from components.elasticsearch.migration import finishing
from tests.contract.elasticsearch.people import CONTENTS, assert_holds, fill, vectors
from tests.contract.elasticsearch.stack_resources import StackResources, Wanted
from tests.contract.elasticsearch.stale import FIRST, change_past_the_pipeline, concrete, counted
from tests.fixtures.embedding_server import EmbeddingServer, embedding, truncate

pytestmark = pytest.mark.sandbox


@pytest.fixture
def slices(wanted: Wanted, client: Client) -> tuple[StackResources, dict[str, str]]:
    """Bring up a stack that is about to get fewer dims; some of its documents are stale, in every way there is."""
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
    model.refuses = "changed "
    with pytest.raises(EmbeddingError, match=r"Document doc-\d could not be embedded: .*400"):
        stack.up(changed)
    model.refuses = ""
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
