"""Settings that people chose for an index survive a migration, and none of them makes a migration fail."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.bulk import Document, index_documents
from components.elasticsearch.errors import ConflictError, IndexingError
from components.elasticsearch.generations.generation import WantedIndex
from components.elasticsearch.generations.index import build_index
from components.elasticsearch.generations.kept_settings import settings_without
from components.elasticsearch.migration import strategy
from components.elasticsearch.ownership import Claim
from tests.contract.elasticsearch.people import CONTENTS, assert_holds, fill
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

FIRST = "jina-demo-768-f16-59cfacee-1"
STATIC = {
    "number_of_shards": 2,
    "codec": "best_compression",
    "sort": {"field": ["rank"], "order": ["desc"]},
    "analysis": {"analyzer": {"plain": {"type": "standard", "stopwords": ["the"]}}},
    "similarity": {"flat": {"type": "boolean"}},
    "load_fixed_bitset_filters_eagerly": "false",
    "mapping": {"nested_objects": {"limit": 77}, "total_fields": {"limit": 20}},
}
DYNAMIC = {
    "auto_expand_replicas": "0-1",
    "hidden": "true",
    "refresh_interval": "-1",
    "priority": "7",
    "max_result_window": "1",
    "max_inner_result_window": "50",
    "search.slowlog.threshold.query.warn": "10s",
    "search.idle.after": "45s",
    "indexing.slowlog.threshold.index.warn": "11s",
    "routing.allocation.exclude._name": "a-node-that-is-not-there",
    "routing.allocation.total_shards_per_node": "5",
    "unassigned.node_left.delayed_timeout": "7m",
    "translog.durability": "async",
    "query.default_field": ["content"],
    "gc_deletes": "2m",
}
OF_A_GENERATION = ("uuid", "creation_date", "provided_name", "version", "default_pipeline", "blocks")
SEVERAL = {"owned_by": "the library", "nested": {"note": 1}}


def settings_of(client: Client, index: str) -> dict[str, Any]:
    """Return the settings that two generations share."""
    body = next(iter(client.request("GET", f"/{index}").values()))
    return settings_without(body["settings"]["index"], OF_A_GENERATION)


def raised_limit(settings: dict[str, Any]) -> int:
    """Take the limit of the number of fields out of settings, and return it."""
    return int(settings["mapping"].pop("total_fields")["limit"])


@pytest.fixture
def chosen(wanted: Wanted, client: Client) -> StackResources:
    """Bring a stack up whose generation has settings that people chose."""
    made = WantedIndex(
        alias=ALIAS,
        pipeline_id=wanted.pipeline_id,
        identity=wanted.identity(),
        revision=wanted.revision,
        claim=Claim(owner=wanted.owner),
    )
    body = build_index(made)
    body["settings"]["index"] |= STATIC
    body["mappings"]["properties"]["rank"] = {"type": "long"}
    body["aliases"] = {ALIAS: {}}
    client.request("PUT", f"/{FIRST}", body)
    client.request("PUT", f"/{FIRST}/_settings", {f"index.{key}": value for key, value in DYNAMIC.items()})
    meta = client.request("GET", f"/{FIRST}")[FIRST]["mappings"]["_meta"]
    client.request("PUT", f"/{FIRST}/_mapping", {"_meta": {**meta, **SEVERAL}})
    stack = StackResources()
    stack.up(wanted)
    return stack


@pytest.mark.parametrize("changes", [{"dims": 64}, {"quant": "Q8_0", "sha256": "b" * 64}], ids=str)
def test_settings_and_notes_are_those_of_the_former_generation(
    changes: dict[str, Any], wanted: Wanted, chosen: StackResources, client: Client
) -> None:
    before = settings_of(client, FIRST)
    contents = CONTENTS | fill(client, 30)
    changed = replace(wanted, **changes)
    chosen.up(changed)
    after = settings_of(client, ALIAS)
    assert raised_limit(after) >= raised_limit(before)
    assert after == before
    body = next(iter(client.request("GET", f"/{ALIAS}").values()))
    assert {key: body["mappings"]["_meta"].get(key) for key in SEVERAL} == SEVERAL
    client.request("PUT", f"/{ALIAS}/_settings", {"index.max_result_window": 10_000})
    assert_holds(client, changed, contents)


@pytest.mark.parametrize("window", [1, 3, 500])
@pytest.mark.parametrize("in_client", [False, True], ids=["pipeline", "client"])
def test_a_migration_takes_no_more_hits_at_a_time_than_the_index_gives(
    window: int, in_client: bool, wanted: Wanted, client: Client, model: EmbeddingServer
) -> None:
    wanted = replace(wanted, dims=64, local_embeddings_url=model.url if in_client else "")
    stack = StackResources()
    stack.up(wanted)
    mine = [Document(f"mine-{number}", f"text {number}") for number in range(200)]
    index_documents(client, ALIAS, mine, wanted.embedder() if in_client else None, findable=False)
    client.request("PUT", f"/{ALIAS}/_settings", {"index.max_result_window": window})
    for changes in ({"dims": 32}, {"dims": 128}):
        changed = replace(wanted, **changes)  # type: ignore[arg-type] # passed on
        stack.up(changed)
    client.request("PUT", f"/{ALIAS}/_settings", {"index.max_result_window": 10_000})
    assert_holds(client, changed, CONTENTS | {one.id: one.content for one in mine})


def test_an_index_that_people_closed_to_writers_stays_closed_and_so_does_its_successor(
    wanted: Wanted, stack: StackResources, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = CONTENTS | fill(client, 20)
    client.request("PUT", f"/{FIRST}/_block/write")
    changed = replace(wanted, dims=64)
    with monkeypatch.context() as patched:
        patched.setattr("components.elasticsearch.migration.switch.swap_aliases", _fails)
        with pytest.raises(IndexingError, match="in the middle"):
            stack.up(changed)
    assert client.request("GET", f"/{FIRST}")[FIRST]["settings"]["index"]["blocks"] == {"write": "true"}
    stack.up(changed)
    body = next(iter(client.request("GET", f"/{ALIAS}").values()))
    assert body["settings"]["index"]["blocks"] == {"write": "true"}
    assert "migration" not in body["mappings"]["_meta"]
    assert_holds(client, changed, contents)


def _fails(*_: object) -> None:
    raise IndexingError("It failed in the middle.")


def test_what_would_keep_the_new_index_from_being_filled_is_set_once_it_is(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    contents = CONTENTS | fill(client, 20)
    client.request("PUT", f"/{FIRST}/_settings", {"index.routing.allocation.enable": "none"})
    changed = replace(wanted, dims=64)
    stack.up(changed)
    assert settings_of(client, ALIAS)["routing"]["allocation"]["enable"] == "none"
    assert_holds(client, changed, contents)


def test_an_index_that_is_read_only_is_refused_before_anything_is_changed(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    fill(client, 20)
    client.request("PUT", f"/{FIRST}/_settings", {"index.blocks.read_only_allow_delete": True})
    with pytest.raises(ConflictError, match=r"closed by index\.blocks\.read_only_allow_delete"):
        stack.up(replace(wanted, dims=64))
    assert list(client.request("GET", "/*")) == [FIRST]
    client.request("PUT", f"/{FIRST}/_settings", {"index.blocks.read_only_allow_delete": None})


FIELDS = {
    "image": {"type": "dense_vector", "dims": 4, "index": True, "similarity": "cosine"},
    "sparse": {"type": "sparse_vector"},
    "title": {"type": "text", "fields": {"whole": {"type": "keyword"}}},
    "parts": {"type": "nested", "properties": {"page": {"type": "long"}}},
    "author": {"properties": {"name": {"type": "keyword"}}},
}
VALUES = {
    "image": [1.0, 2.0, 3.0, 4.0],
    "sparse": {"token": 1.5},
    "title": "a title",
    "parts": [{"page": 1}, {"page": 2}],
    "author": {"name": "somebody"},
}


@pytest.mark.parametrize("in_client", [False, True], ids=["pipeline", "client"])
@pytest.mark.parametrize("changes", [{"dims": 64}, {"quant": "Q8_0", "sha256": "b" * 64}], ids=str)
def test_every_field_of_a_document_arrives(
    changes: dict[str, Any], in_client: bool, wanted: Wanted, client: Client, model: EmbeddingServer
) -> None:
    wanted = replace(wanted, local_embeddings_url=model.url if in_client else "")
    stack = StackResources()
    stack.up(wanted)
    client.request("PUT", f"/{ALIAS}/_mapping", {"properties": FIELDS})
    mine = [Document(f"mine-{number}", f"text {number}", VALUES) for number in range(20)]
    index_documents(client, ALIAS, mine, wanted.embedder() if in_client else None)
    stack.up(replace(wanted, **changes))
    whole = {"_source_exclude_vectors": "false", "_source_excludes": "content_embedding,content_digest"}
    for one in mine:
        found = client.request("GET", f"/{ALIAS}/_doc/{one.id}", query=whole)["_source"]
        assert found == {"content": one.content, **VALUES}


def test_a_field_that_was_lost_on_the_way_ends_the_migration_by_its_name(
    wanted: Wanted, stack: StackResources, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping = {"properties": {"parts": {"type": "nested", "properties": {"page": {"type": "long"}}}}}
    client.request("PUT", f"/{ALIAS}/_mapping", mapping)
    fill(client, 5)
    client.request("PUT", f"/{ALIAS}/_doc/a", {"content": "x", "parts": [{"page": 1}]})
    losing = f"{strategy.SLICE} ctx._source.remove('parts');"
    with monkeypatch.context() as patched:
        patched.setattr("components.elasticsearch.migration.strategy.SLICE", losing)
        with pytest.raises(IndexingError, match=r"parts\.page \(in 0 instead of 1\)"):
            stack.up(replace(wanted, dims=512))
    assert list(client.request("GET", f"/{ALIAS}")) == [FIRST]
    client.request("PUT", f"/{ALIAS}/_doc/b", {"content": "writers are let in again"})
