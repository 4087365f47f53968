"""The disks of a cluster's nodes, and how much must be free on them."""

import re
from collections.abc import Mapping
from typing import Any

from components.elasticsearch.client.client import Requests
from jinactl.status.state import DiskState

WATERMARK = "cluster.routing.allocation.disk.watermark."
NAMES = ("low", "high", "flood_stage")
UNITS = {unit: 1024**power for power, unit in enumerate(("b", "kb", "mb", "gb", "tb", "pb"))}
_SIZE = re.compile(r"([0-9.]+)\s*(b|kb|mb|gb|tb|pb)")


def read_disks(client: Requests) -> tuple[DiskState, ...]:
    """Return the disk of each node by its name; raises an ElasticsearchError."""
    told = client.request(
        "GET", "/_cluster/settings", query={"include_defaults": "true", "flat_settings": "true"}
    )
    settings = {**told.get("defaults", {}), **told.get("persistent", {}), **told.get("transient", {})}
    nodes: Mapping[str, Any] = client.request("GET", "/_nodes/stats/fs").get("nodes", {})
    disks = [_disk(node, settings) for node in nodes.values()]
    return tuple(sorted(disks, key=lambda one: one.node))


def must_be_free(total: int, watermark: str, most: str) -> int:
    """Return the bytes that a watermark wants free on a disk of `total` bytes.

    A watermark is the part in use ("85%", "0.85"), of which the bytes wanted free are at most `most` (its headroom,
    "-1" for no such limit), or the bytes wanted free themselves ("1gb").
    """
    size = _bytes(watermark)
    if size is not None:
        return size
    used = float(watermark.removesuffix("%")) / (100 if watermark.endswith("%") else 1)
    wanted = round(total * (1 - used))
    headroom = _bytes(most)
    return wanted if headroom is None else min(wanted, headroom)


def _disk(node: Mapping[str, Any], settings: Mapping[str, Any]) -> DiskState:
    figures = node.get("fs", {}).get("total", {})
    total = int(figures.get("total_in_bytes", 0))
    low, high, flood = (
        must_be_free(
            total,
            str(settings.get(WATERMARK + name, "100%")),
            str(settings.get(f"{WATERMARK}{name}.max_headroom", "-1")),
        )
        for name in NAMES
    )
    return DiskState(
        node=str(node.get("name", "")),
        total=total,
        free=int(figures.get("available_in_bytes", 0)),
        low=low,
        high=high,
        flood=flood,
    )


def _bytes(text: str) -> int | None:
    """Return the size that a text gives in Elasticsearch's units, None for one that is none."""
    found = _SIZE.fullmatch(text.strip().lower())
    return round(float(found[1]) * UNITS[found[2]]) if found else None
