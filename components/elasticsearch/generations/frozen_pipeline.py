"""Frozen pipelines: each embeds for one old generation as before, after the stack's own pipeline has changed.

A frozen pipeline is named after its generation and built from the generation's identity, so making it again gives the
same pipeline. It is deleted with its generation. Its endpoint returns all numbers of the model for texts as they come,
so that no change of dims or prefix alters what it makes.
"""

import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from components.elasticsearch import ingest_pipeline
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.digest import has_digest, map_digest
from components.elasticsearch.errors import PrivilegeError
from components.elasticsearch.fields import DIGEST
from components.elasticsearch.generations.generation import KeptPipeline, alias_of_name
from components.elasticsearch.generations.index import meta_of
from components.elasticsearch.identity import MANAGED_BY, Identity
from components.elasticsearch.ownership import OWNER, Claim, is_managed, owner_of

SUFFIX = "-frozen"
TAKES_TEXT = ("keyword", "text", "wildcard")
"""Field types that can hold a digest, in an index whose mapping people chose."""

SETTLE_SECONDS = 0.5
"""How long to wait for writes that have looked up the name of their pipeline but have not started it."""


def frozen_id(index: str) -> str:
    """Return the name of the pipeline that is kept for a generation."""
    return f"{index}{SUFFIX}"


def is_kept(body: Mapping[str, Any]) -> bool:
    """Tell whether a pipeline is one that was kept for a generation."""
    return "frozen_for" in body.get("_meta", {})


def build_frozen(index: str, identity: Identity, inference_id: str) -> dict[str, Any]:
    """Return the body of the pipeline that embeds as the generation was made."""
    body = ingest_pipeline.build_explicit(identity, inference_id)
    return {
        **body,
        "description": f"{body['description']}, kept for {index}",
        "_meta": {"managed_by": MANAGED_BY, "frozen_for": index},
    }


def freeze(client: Requests, index: str, identity: Identity, inference_id: str) -> None:
    """Make a generation use a pipeline of its own; calling this again changes nothing."""
    map_digest(client, index)
    meta = meta_of(client.request("GET", f"/{index}")[index])
    body = build_frozen(index, identity, inference_id)
    body["_meta"] |= {"alias": meta.get("alias", ""), OWNER: owner_of(meta)}
    client.request("PUT", f"/_ingest/pipeline/{frozen_id(index)}", body)
    client.request("PUT", f"/{index}/_settings", {"index.default_pipeline": frozen_id(index)})


def note_owner(client: Requests, index: str) -> None:
    """Copy the owner of a generation into the `_meta` of the pipeline that is kept for it."""
    name = frozen_id(index)
    body = ingest_pipeline.read_live(client, name)
    if body is not None:
        meta = meta_of(client.request("GET", f"/{index}")[index])
        noted = {**body.get("_meta", {}), "alias": meta.get("alias", ""), OWNER: owner_of(meta)}
        client.request("PUT", f"/_ingest/pipeline/{name}", {**body, "_meta": noted})


def freeze_users(client: Requests, pipeline_id: str, body: dict[str, Any], inference_id: str) -> None:
    """Prepare the indices that use a pipeline for its change to `body`; call this before the change.

    Generations for which the new pipeline would embed wrongly get a frozen pipeline on endpoint `inference_id`, so that
    their writers keep getting embeddings that fit. Every index that uses the pipeline, ours or not, gets the digest
    field that it writes.
    """
    frozen = False
    for index in _users(client, pipeline_id):
        found = client.request("GET", f"/{quote(index, safe='')}")[index]
        meta = meta_of(found)
        _map_digest(client, index, found, ours=is_managed(meta))
        if not is_managed(meta) or meta.get("migration"):
            continue
        identity = Identity.from_meta(meta, index)
        if not ingest_pipeline.embeds_as(body, identity):
            freeze(client, index, identity, inference_id)
            frozen = True
    if frozen:
        time.sleep(SETTLE_SECONDS)


def require_mappable(client: Requests, pipeline_id: str) -> None:
    """Raise ConflictError when an index that uses the pipeline maps the digest field to a type that can't hold one."""
    for index in _users(client, pipeline_id):
        body = client.request("GET", f"/{quote(index, safe='')}")[index]
        properties = body.get("mappings", {}).get("properties", {})
        if is_managed(meta_of(body)) or properties.get(DIGEST, {}).get("type", "keyword") not in TAKES_TEXT:
            has_digest(index, properties)


def _map_digest(client: Requests, index: str, body: Mapping[str, Any], *, ours: bool) -> None:
    """Add the digest field to the mapping of an index.

    Where we may not change an index of people's, its dynamic mapping adds the field by itself. Raises PrivilegeError
    for an index of ours, and for a strict mapping, which would refuse documents with a field that it lacks.
    """
    if not ours and DIGEST in body.get("mappings", {}).get("properties", {}):
        return
    try:
        map_digest(client, index)
    except PrivilegeError:
        if ours or str(body.get("mappings", {}).get("dynamic", "true")) == "strict":
            raise


def redirect(
    client: Requests, claim: Claim, before: Collection[str], inference_id: str, *, alias: str = ""
) -> None:
    """Make the stack's kept pipelines that use one of the endpoints `before` use endpoint `inference_id`.

    An empty `before` stands for any endpoint, an empty `alias` for every alias.
    """
    for name, body, _ in _kept(client, alias, claim):
        live = ingest_pipeline.without_dates(body)
        ids = ingest_pipeline.inference_ids(live)
        if ids == [inference_id] or (before and not set(ids) <= set(before)):
            continue
        for processor in live["processors"]:
            if "inference" in processor:
                processor["inference"]["model_id"] = inference_id
        client.request("PUT", f"/_ingest/pipeline/{name}", live)


def read_kept(client: Requests, alias: str, claim: Claim) -> tuple[KeptPipeline, ...]:
    """Return the pipelines that were kept for the stack's generations of an alias."""
    found = []
    for name, body, settings in _kept(client, alias, claim):
        own = settings.get("default_pipeline") == name
        # A clone that people made of a generation uses the pipeline of that generation.
        used = own or bool(_users(client, name))
        index = str(body["_meta"]["frozen_for"])
        found.append(KeptPipeline(name=name, index=index, of_its_generation=own, used=used))
    return tuple(found)


def sweep(client: Requests, alias: str, claim: Claim) -> None:
    """Delete the kept pipelines that no index uses."""
    for one in read_kept(client, alias, claim):
        if not one.used:
            ingest_pipeline.delete(client, one.name)


def delete_of(client: Requests, index: str) -> None:
    """Delete the pipeline that was kept for an index, unless another index (a clone that people made) uses it."""
    if not _users(client, frozen_id(index)):
        ingest_pipeline.delete(client, frozen_id(index))


def _kept(
    client: Requests, alias: str, claim: Claim
) -> Iterator[tuple[str, dict[str, Any], Mapping[str, Any]]]:
    """Yield the kept pipelines of a stack for one alias, or for all aliases where `alias` is empty.

    Each item is the name of the pipeline, its body, and the settings of its generation (empty where that is gone).
    The name alone does not identify the alias: names for the alias `jina-demo` also begin like those for `jina`.
    """
    found = client.find(f"/_ingest/pipeline/{alias}{'-' if alias else ''}*{SUFFIX}") or {}
    for name, body in sorted(found.items()):
        meta = body.get("_meta", {})
        index = str(meta.get("frozen_for", ""))
        if not is_managed(meta) or name != frozen_id(index):
            continue
        live = (client.find(f"/{index}") or {}).get(index, {})
        # Where the generation is gone, the notes of its pipeline count; version 0.1.0 noted only the index name there.
        told = meta_of(live) if live else meta
        if alias in ("", told.get("alias") or alias_of_name(index)) and claim.covers(owner_of(told)):
            yield name, body, live.get("settings", {}).get("index", {})


def _users(client: Requests, pipeline_id: str) -> list[str]:
    """Return the indices whose default pipeline this is; closed ones are left out, as they take no documents."""
    names = "index.default_pipeline,index.verified_before_close"
    answer = client.request("GET", f"/*/_settings/{names}", query={"expand_wildcards": "all"})
    settings = {index: body.get("settings", {}).get("index", {}) for index, body in answer.items()}
    return sorted(
        index
        for index, found in settings.items()
        if found.get("default_pipeline") == pipeline_id and found.get("verified_before_close") != "true"
    )
