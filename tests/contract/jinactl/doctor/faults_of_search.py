"""Faults of what the stack has in Elasticsearch: index, alias, endpoints, pipeline, documents; disk and license."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from components.elasticsearch import inference_endpoint
from components.elasticsearch.generations.generation import WantedIndex
from components.elasticsearch.generations.index import add_meta, build_meta, read_meta
from components.elasticsearch.inference_endpoint import Endpoint
from components.elasticsearch.ownership import Claim
from tests.contract.elasticsearch.stack_resources import ALIAS, OTHER
from tests.contract.elasticsearch.stale import change_past_the_pipeline, mend
from tests.contract.jinactl.doctor.stack import Stack
from tests.contract.jinactl.doctor.table import fault

QUERY = "jina-local-query"
WATERMARK = "cluster.routing.allocation.disk.watermark"
LEVELS = ("low", "high", "flood_stage")


def set_(stack: Stack, **settings: object) -> None:
    """Set dynamic settings of the index behind the alias; None takes one away."""
    changed = {f"index.{name.replace('__', '.')}": value for name, value in settings.items()}
    stack.client.request("PUT", f"/{stack.index}/_settings", changed)


def put_back(stack: Stack) -> None:
    """Have the stack make again what was taken away."""
    stack.resources.refresh()
    stack.resources.up(stack.wanted)


def move_alias(stack: Stack, old: str, new: str) -> None:
    """Have the alias lead to another index."""
    actions = [{"remove": {"index": old, "alias": ALIAS}}, {"add": {"index": new, "alias": ALIAS}}]
    stack.client.request("POST", "/_aliases", {"actions": actions})


@fault("alias-missing", told="pulumi up --refresh")
def nothing_has_the_alias(stack: Stack) -> Iterator[None]:
    stack.client.request("DELETE", f"/{stack.index}/_alias/{ALIAS}")
    yield
    stack.client.request("PUT", f"/{stack.index}/_alias/{ALIAS}")


@fault("alias-missing", told="elasticsearchAdopt=jina-demo")
def an_index_has_the_name_of_the_alias(stack: Stack) -> Iterator[None]:
    stack.client.request("DELETE", f"/{stack.index}/_alias/{ALIAS}")
    stack.client.request("PUT", f"/{ALIAS}", {"settings": {"number_of_replicas": 0}})
    yield
    stack.client.request("DELETE", f"/{ALIAS}")
    stack.client.request("PUT", f"/{stack.index}/_alias/{ALIAS}")


@fault("alias-ambiguous", "index-foreign", told="leads to 2 indices")
def two_indices_have_the_alias(stack: Stack) -> Iterator[None]:
    body = {"aliases": {ALIAS: {}}, "settings": {"number_of_replicas": 0}}
    stack.client.request("PUT", "/mine", body)
    yield
    stack.client.request("DELETE", "/mine")


@fault("index-foreign", told=OTHER)
def the_index_belongs_to_another_stack(stack: Stack) -> Iterator[None]:
    add_meta(stack.client, stack.index, {"owner": OTHER})
    yield
    add_meta(stack.client, stack.index, {"owner": stack.wanted.owner})


@fault("index-unreadable", told="of version 99")
def the_index_is_of_a_newer_version(stack: Stack) -> Iterator[None]:
    add_meta(stack.client, stack.index, {"identity_version": 99})
    yield
    add_meta(stack.client, stack.index, {"identity_version": 1})


@fault("index-blocked", told='{"index.blocks.write": null}')
def somebody_closed_the_index_to_writers(stack: Stack) -> Iterator[None]:
    stack.client.request("PUT", f"/{stack.index}/_block/write")
    yield
    set_(stack, blocks__write=None)


@fault("index-blocked", told="a migration that was interrupted")
def a_migration_left_the_index_closed_to_writers(stack: Stack) -> Iterator[None]:
    add_meta(stack.client, stack.index, {"successor": "jina-demo-32-f16-59cfacee-2"})
    stack.client.request("PUT", f"/{stack.index}/_block/write")
    yield
    set_(stack, blocks__write=None)
    add_meta(stack.client, stack.index, {"successor": ""})


@fault("index-blocked", told="_open")
def the_index_is_closed(stack: Stack) -> Iterator[None]:
    stack.client.request("POST", f"/{stack.index}/_close")
    yield
    stack.client.request("POST", f"/{stack.index}/_open")


@fault("migration-interrupted", told="jina-demo-32-f16-59cfacee-2 is half filled")
def a_migration_was_interrupted(stack: Stack) -> Iterator[None]:
    identity = replace(stack.wanted.identity(), dims=32)
    claim = Claim(owner=stack.wanted.owner)
    wanted = WantedIndex(alias=ALIAS, pipeline_id="", identity=identity, revision="59cfacee", claim=claim)
    noted = {"migration": {"source": stack.index, "strategy": "truncate", "watermark": 3}}
    name = "jina-demo-32-f16-59cfacee-2"
    body = {
        "settings": {"number_of_replicas": 0},
        "mappings": {"_meta": {**build_meta(wanted), **noted}},
    }
    stack.client.request("PUT", f"/{name}", body)
    yield
    stack.client.request("DELETE", f"/{name}")


@fault("index-red", told="documents are missing")
def a_shard_is_missing(stack: Stack) -> Iterator[None]:
    name = "jina-demo-64-f16-59cfacee-7"
    made = stack.client.request("GET", f"/{stack.index}")[stack.index]
    nowhere = {"routing.allocation.require._name": "nowhere", "number_of_replicas": 0}
    body = {
        "settings": {"index": {"default_pipeline": stack.wanted.pipeline_id, **nowhere}},
        "mappings": made["mappings"],
    }
    stack.client.request("PUT", f"/{name}", body, query={"wait_for_active_shards": 0})
    stack.changes["indexGeneration"] = name
    move_alias(stack, stack.index, name)
    yield
    move_alias(stack, name, stack.index)
    stack.client.request("DELETE", f"/{name}")


@fault("index-yellow", told='{"index.number_of_replicas": 0}')
def a_copy_has_no_place(stack: Stack) -> Iterator[None]:
    set_(stack, number_of_replicas=1)
    yield
    set_(stack, number_of_replicas=0)


@fault("endpoint-missing", told=QUERY)
def an_endpoint_is_gone(stack: Stack) -> Iterator[None]:
    inference_endpoint.delete(stack.client, QUERY, force=True)
    yield
    put_back(stack)


def another(stack: Stack, **changes: Any) -> Iterator[None]:
    """Put another endpoint in the place of that for queries."""
    wanted: Mapping[str, Endpoint] = stack.wanted.endpoints().named()
    inference_endpoint.delete(stack.client, QUERY, force=True)
    inference_endpoint.create(stack.client, QUERY, replace(wanted[QUERY], **changes), "")
    yield
    put_back(stack)


@fault("endpoint-foreign", told="its url is")
def an_endpoint_asks_somewhere_else(stack: Stack) -> Iterator[None]:
    yield from another(stack, url=stack.model.container_url)


@fault("endpoint-foreign", told="its dims is 32 instead of 64")
def an_endpoint_has_other_dims(stack: Stack) -> Iterator[None]:
    yield from another(stack, dimensions=32)


@fault("pipeline-missing", "pipeline-foreign", told="documents get no embedding")
def the_pipeline_is_gone(stack: Stack) -> Iterator[None]:
    set_(stack, default_pipeline="_none")
    stack.client.request("DELETE", f"/_ingest/pipeline/{stack.wanted.pipeline_id}")
    yield
    put_back(stack)


@fault("pipeline-foreign", told="is not the one that the stack declares")
def the_pipeline_was_changed(stack: Stack) -> Iterator[None]:
    stack.client.request("PUT", f"/_ingest/pipeline/{stack.wanted.pipeline_id}", {"processors": []})
    yield
    put_back(stack)


@fault("documents-stale", told="jinactl repair")
def documents_were_changed_past_the_pipeline(stack: Stack) -> Iterator[None]:
    change_past_the_pipeline(stack.client, {"demo-01": "another text"})
    yield
    mend(stack.client, stack.wanted)


@fault("documents-without-embedding", told="1 document has")
def a_document_was_written_past_the_pipeline(stack: Stack) -> Iterator[None]:
    path, query = f"/{ALIAS}/_doc/mine", {"pipeline": "_none", "refresh": "true"}
    stack.client.request("PUT", path, {"content": "a text"}, query=query)
    yield
    stack.client.request("DELETE", path, query={"refresh": "true"})


@fault("disk-full", "index-flooded", told="docker system df")
def the_disk_is_full(stack: Stack) -> Iterator[None]:
    set_(stack, blocks__read_only_allow_delete=True)
    _limit(stack, *["1000tb"] * 3)
    yield
    _limit(stack, None, None, None)
    set_(stack, blocks__read_only_allow_delete=None)


@fault("disk-filling", told="its watermark is")
def the_disk_is_filling(stack: Stack) -> Iterator[None]:
    _limit(stack, "1000tb", "1b", "1b")
    yield
    _limit(stack, None, None, None)


def _limit(stack: Stack, *watermarks: str | None) -> None:
    changed = {f"{WATERMARK}.{level}": one for level, one in zip(LEVELS, watermarks, strict=True)}
    stack.client.request("PUT", "/_cluster/settings", {"transient": changed})


@fault("license-ending", told="in 4 days")
def the_license_ends_soon(stack: Stack) -> Iterator[None]:
    stack.node.send("POST", "/_stand_in/age_licence?days=25")
    yield
    _new_trial(stack)


@fault("license-ended", told="elasticsearchEmbedding client")
def the_license_has_ended(stack: Stack) -> Iterator[None]:
    stack.node.send("POST", "/_stand_in/age_licence?days=31")
    yield
    _new_trial(stack)


@fault("license-without-inference", told="elasticsearchStartTrial true")
def the_license_is_basic(stack: Stack) -> Iterator[None]:
    stack.node.to_basic()
    yield
    stack.node.to_trial()


def _new_trial(stack: Stack) -> None:
    stack.node.to_basic()
    stack.node.to_trial()
    assert "successor" not in read_meta(stack.client, stack.index)
