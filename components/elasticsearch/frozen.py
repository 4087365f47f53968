"""Pipelines that go on embedding for an old generation as it was made, after the stack's own pipeline has changed.

One for each generation that needs it, named after it, made from its identity: so it is the same whoever makes it and
how often, and it goes with its generation.
"""

import time
from typing import Any

from components.elasticsearch import pipeline
from components.elasticsearch.client import Requests
from components.elasticsearch.digest import map_digest
from components.elasticsearch.identity import MANAGED_BY, Identity

SUFFIX = "-frozen"
SETTLE_SECONDS = 0.5
"""For writes that have looked up the name of their pipeline and not begun with it."""


def frozen_id(index: str) -> str:
    """Return the name of the pipeline that is kept for a generation."""
    return f"{index}{SUFFIX}"


def build_frozen(index: str, identity: Identity, inference_id: str) -> dict[str, Any]:
    """Return the pipeline by which the generation was made."""
    body = _pipeline_of(identity, inference_id)
    return {
        **body,
        "description": f"{body['description']}, kept for {index}",
        "_meta": {"managed_by": MANAGED_BY, "frozen_for": index},
    }


def freeze(client: Requests, index: str, identity: Identity, inference_id: str) -> None:
    """Have a generation embed by a pipeline of its own; doing it again changes nothing."""
    map_digest(client, index)
    client.request(
        "PUT", f"/_ingest/pipeline/{frozen_id(index)}", build_frozen(index, identity, inference_id)
    )
    client.request("PUT", f"/{index}/_settings", {"index.default_pipeline": frozen_id(index)})


def freeze_users(client: Requests, pipeline_id: str, body: dict[str, Any], inference_id: str) -> None:
    """Before a pipeline becomes `body`: freeze what it is now for those generations that it would embed wrongly for.

    Their writers go on getting the embeddings that fit. All that use it, of ours or not, get the field that it writes.
    """
    frozen = False
    for index in _users(client, pipeline_id):
        map_digest(client, index)
        meta = client.request("GET", f"/{index}")[index].get("mappings", {}).get("_meta", {})
        identity = Identity.of(meta.get("identity", {})) if meta.get("managed_by") == MANAGED_BY else None
        if identity is None or meta.get("migration"):
            continue
        if _pipeline_of(identity, inference_id)["processors"] != body["processors"]:
            freeze(client, index, identity, inference_id)
            frozen = True
    if frozen:
        time.sleep(SETTLE_SECONDS)


def redirect(client: Requests, pattern: str, before: str, inference_id: str) -> None:
    """Have kept pipelines whose names match embed with another endpoint, after its name was changed from `before`.

    An empty `before` stands for any.
    """
    found = client.find(f"/_ingest/pipeline/{pattern}{SUFFIX}") or {}
    for name, body in sorted(found.items()):
        live = pipeline.without_dates(body)
        ids = pipeline.inference_ids(live)
        kept = live.get("_meta", {}).get("managed_by") == MANAGED_BY and "frozen_for" in live["_meta"]
        if not kept or ids == [inference_id] or (before and ids != [before]):
            continue
        for processor in live["processors"]:
            if "inference" in processor:
                processor["inference"]["model_id"] = inference_id
        client.request("PUT", f"/_ingest/pipeline/{name}", live)


def unused(client: Requests, alias: str) -> list[str]:
    """Return the pipelines that were kept for generations of an alias which do not use them, or are gone."""
    found = client.find(f"/_ingest/pipeline/{alias}-*{SUFFIX}") or {}
    names = []
    for name, body in sorted(found.items()):
        index = str(body.get("_meta", {}).get("frozen_for", ""))
        if name != frozen_id(index):
            continue
        live = client.find(f"/{index}")
        settings = live[index].get("settings", {}).get("index", {}) if live else {}
        if settings.get("default_pipeline") != name:
            names.append(name)
    return names


def sweep(client: Requests, alias: str) -> None:
    """Delete what `unused` returns."""
    for name in unused(client, alias):
        pipeline.delete(client, name)


def release(client: Requests, alias: str) -> None:
    """Have no generation embed in Elasticsearch any more, where the client does: the endpoint can then go."""
    found = client.find(f"/_ingest/pipeline/{alias}-*{SUFFIX}") or {}
    for body in found.values():
        index = str(body.get("_meta", {}).get("frozen_for", ""))
        if index and client.find(f"/{index}") is not None:
            client.request("PUT", f"/{index}/_settings", {"index.default_pipeline": "_none"})
    if found:
        sweep(client, alias)


def _users(client: Requests, pipeline_id: str) -> list[str]:
    answer = client.request(
        "GET", "/*/_settings/index.default_pipeline", query={"expand_wildcards": "open,hidden"}
    )
    return sorted(
        index
        for index, body in answer.items()
        if body.get("settings", {}).get("index", {}).get("default_pipeline") == pipeline_id
    )


def _pipeline_of(identity: Identity, inference_id: str) -> dict[str, Any]:
    return pipeline.build_pipeline(
        inference_id=inference_id,
        model=identity.model,
        document_prefix=identity.document_prefix,
        dims=identity.dims,
        width=identity.width,
    )
