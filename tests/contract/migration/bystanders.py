"""Things on the same cluster that the stack must leave alone: another stack, and a person's own indices.

The other stack is in the middle of its own migration, and the name of its alias begins with our alias's name.
"""

import copy
from dataclasses import dataclass, replace
from typing import Any

from components.elasticsearch.client.client import Client
from tests.contract.elasticsearch.stack_resources import ALIAS, Wanted

OTHER_ALIAS = f"{ALIAS}-two"
OTHER_PIPELINE = "jina-embeddings-two"
OTHER_ENDPOINT = "jina-local-two"
OTHER = f"{OTHER_ALIAS}-64-f16-59cfacee-1"
OTHER_FROZEN = f"{OTHER}-frozen"
OWN = (f"{ALIAS}-archive", "ledger")
"""Of a person: one is named as if it were a generation of ours."""
CLOSED = "closed-books"

INDICES = (OTHER, *OWN, CLOSED)
PIPELINES = (OTHER_PIPELINE, OTHER_FROZEN, "cleaning")
SECOND = f"{ALIAS}-second"
"""How everything of a second stack is named that comes and goes."""

Fingerprint = dict[str, Any]


def are_theirs(name: str) -> bool:
    """Tell whether an index or a pipeline belongs to the other stack or to the person."""
    return name in (*INDICES, *PIPELINES) or name.startswith(SECOND)


def place(client: Client, wanted: Wanted) -> None:
    """Create the other stack and the person's indices on the node, each with one document."""
    settings = {"model_id": "m", "url": wanted.embeddings_url, "dimensions": 768, "api_key": "x"}
    body = {"service": "openai", "service_settings": settings}
    client.request("PUT", f"/_inference/text_embedding/{OTHER_ENDPOINT}", body)
    marked = {"managed_by": "jina-search", "owner": "jina-search-other-9f8e7d"}
    set_page: dict[str, Any] = {"processors": [{"set": {"field": "page", "value": 1}}]}
    client.request("PUT", f"/_ingest/pipeline/{OTHER_PIPELINE}", {**set_page, "_meta": marked})
    # Their update died after it had kept this pipeline and before it noted the pipeline in the index.
    client.request(
        "PUT", f"/_ingest/pipeline/{OTHER_FROZEN}", {**set_page, "_meta": {**marked, "frozen_for": OTHER}}
    )
    client.request("PUT", "/_ingest/pipeline/cleaning", set_page)
    identity = replace(wanted, dims=64).identity().as_dict()
    meta = {**marked, "alias": OTHER_ALIAS, "identity": identity, "revision": "59cfacee"}
    vector = {"type": "dense_vector", "dims": 64}
    others: dict[str, Any] = {
        "settings": {"index.default_pipeline": OTHER_PIPELINE},
        "mappings": {"_meta": meta, "properties": {"content_embedding": vector}},
        "aliases": {OTHER_ALIAS: {}},
    }
    client.request("PUT", f"/{OTHER}", others)
    client.request("PUT", f"/{OWN[1]}", {"settings": {"index.default_pipeline": "cleaning"}})
    for index in (OTHER, *OWN, CLOSED):
        client.request("PUT", f"/{index}/_doc/1", {"content": f"of {index}"}, query={"refresh": "true"})
    client.request("POST", f"/{CLOSED}/_close")


def fingerprint(client: Client) -> Fingerprint:
    """Return everything visible of them as a fingerprint; any change alters it, even one that was undone later."""
    found: Fingerprint = {}
    for index in INDICES:
        body = client.find(f"/{index}", query={"expand_wildcards": "all"})
        documents = None if body is None or is_closed(client, index) else _documents(client, index)
        found[f"index {index}"] = {"body": body, "documents": documents}
    for name in PIPELINES:
        found[f"pipeline {name}"] = client.find(f"/_ingest/pipeline/{name}")
    found[f"endpoint {OTHER_ENDPOINT}"] = client.find(f"/_inference/{OTHER_ENDPOINT}")
    return copy.deepcopy(found)


def is_closed(client: Client, index: str) -> bool:
    """Tell whether an index is closed."""
    listed = client.request("GET", f"/_resolve/index/{index}", query={"expand_wildcards": "all"})
    return any("closed" in one.get("attributes", ()) for one in listed["indices"])


def touched(before: Fingerprint, after: Fingerprint) -> list[str]:
    """Return which of them are no longer what they were."""
    return [name for name, seen in before.items() if after[name] != seen]


@dataclass(frozen=True)
class Bystanders:
    """The bystanders as they were when the stack was brought up."""

    before: Fingerprint

    def touched(self, client: Client) -> list[str]:
        """Return which of them are no longer what they were."""
        return touched(self.before, fingerprint(client))


def _documents(client: Client, index: str) -> Any:
    client.request("POST", f"/{index}/_refresh")
    body = {"size": 1000, "version": True, "seq_no_primary_term": True, "sort": ["_doc"]}
    return client.request("POST", f"/{index}/_search", body)["hits"]["hits"]
