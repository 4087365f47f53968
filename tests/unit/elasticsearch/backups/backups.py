"""Backups as Elasticsearch tells them."""

from typing import Any

from components.elasticsearch.backups.repository import Backup, read_backups
from components.elasticsearch.identity import MANAGED_BY
from tests.unit.elasticsearch.recording import IDENTITY, RecordedCluster


def snapshot(name: str, started: int, *, state: str = "SUCCESS", **changes: Any) -> dict[str, Any]:
    """Return a snapshot that this project took, as `GET /_snapshot/<repository>/*` tells it."""
    metadata = {
        "managed_by": MANAGED_BY,
        "alias": "jina-demo",
        "generation": "jina-demo-768-f16-59cfacee-3",
        "identity": IDENTITY.as_dict(),
        "documents": 12,
        "written": 20,
        "others": 3,
    }
    return {
        "snapshot": name,
        "state": state,
        "start_time_in_millis": started,
        "indices": ["jina-demo-768-f16-59cfacee-3", "ledger"],
        "data_streams": [],
        "failures": [],
        "index_details": {
            "ledger": {"size_in_bytes": 5},
            "jina-demo-768-f16-59cfacee-3": {"size_in_bytes": 7},
        },
        "metadata": metadata,
        **changes,
    }


def backup(**changes: Any) -> Backup:
    """Return one backup."""
    found = {"snapshots": [snapshot("first", 1, **changes)]}
    return read_backups(RecordedCluster({"GET /_snapshot/jina-backups/*": found}))[0]


def live_answers(index: str, meta: dict[str, Any], aliases: dict[str, Any]) -> dict[str, Any]:
    """Return what a cluster answers whose alias jina-demo leads to an index of 12 documents."""
    body = {"mappings": {"_meta": meta}, "aliases": aliases}
    shard = {
        "routing": {"primary": True, "state": "STARTED"},
        "seq_no": {"global_checkpoint": 19, "max_seq_no": 20},
    }
    return {
        "GET /jina-demo": {index: body},
        "GET /jina-demo-*": {index: body},
        f"GET /{index}": {index: body},
        f"GET /{index}/_alias": {index: {"aliases": aliases}},
        f"GET /{index}/_count": {"count": 12},
        f"GET /{index}/_stats/docs": {"indices": {index: {"shards": {"0": [shard]}}}},
        f"POST /{index}/_mget": {"docs": []},
    }
