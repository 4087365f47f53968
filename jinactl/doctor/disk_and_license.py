"""Looks at the disk of Elasticsearch, and at its license."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.client.license import SOON, START_BASIC
from components.elasticsearch.cluster.cluster_check import LiveCluster
from components.elasticsearch.errors import ElasticsearchError
from jinactl.doctor.declared import Declared
from jinactl.doctor.finding import CannotLookError, Check, Finding

WATERMARK = "cluster.routing.allocation.disk.watermark"
LEVELS = ("flood_stage", "high", "low")
"""The watermarks, the worst first."""

UNITS = {"b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "pb": 2**50}

CLIENT = "pulumi config set elasticsearchEmbedding client && pulumi up"


@dataclass(frozen=True, kw_only=True)
class Disk:
    """The disk of a node, in bytes: `levels` are the free bytes below which each of LEVELS is reached."""

    node: str
    total: int
    free: int
    levels: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class UpkeepReading:
    """The license, and the disk of each node; `disks` is None where the credentials may not see them."""

    declared: Declared
    live: LiveCluster
    disks: tuple[Disk, ...] | None
    now: datetime


def read_upkeep(client: Requests, declared: Declared, live: LiveCluster) -> UpkeepReading:
    """Read the disks; of the license `live` tells."""
    return UpkeepReading(declared=declared, live=live, disks=_disks(client), now=datetime.now(UTC))


def _disks(client: Requests) -> tuple[Disk, ...] | None:
    try:
        nodes = client.request("GET", "/_nodes/stats/fs").get("nodes", {})
        query = {"include_defaults": "true", "flat_settings": "true"}
        told = client.request("GET", "/_cluster/settings", query=query)
    except ElasticsearchError:
        return None
    settings = {**told.get("defaults", {}), **told.get("persistent", {}), **told.get("transient", {})}
    return tuple(_disk(node, settings) for node in nodes.values() if "total" in node.get("fs", {}))


def _disk(node: Mapping[str, Any], settings: Mapping[str, Any]) -> Disk:
    total = int(node["fs"]["total"]["total_in_bytes"])
    levels = {
        level: free_below(
            str(settings.get(f"{WATERMARK}.{level}", "")),
            str(settings.get(f"{WATERMARK}.{level}.max_headroom", "")),
            total,
        )
        for level in LEVELS
    }
    free = int(node["fs"]["total"]["available_in_bytes"])
    return Disk(node=str(node.get("name", "")), total=total, free=free, levels=levels)


def free_below(watermark: str, headroom: str, total: int) -> int:
    """Return the free bytes below which a disk of `total` bytes is above a watermark.

    `watermark` is in Elasticsearch's forms: a size that must be free, such as 1gb, or a share that may be used, such as
    85% or 0.85; for a share, `headroom` is the most that must be free, -1 for any. 0 where it can't be read.
    """
    size = _bytes(watermark)
    if size is not None:
        return size
    found = re.fullmatch(r"([0-9.]+)(%?)", watermark)
    if not found:
        return 0
    used = float(found[1]) / (100 if found[2] else 1)
    needed, most = int(total * (1 - used)), _bytes(headroom)
    return needed if most is None else min(needed, most)


def _bytes(text: str) -> int | None:
    found = re.fullmatch(r"([0-9.]+)([kmgtp]?b)", text.lower())
    return int(float(found[1]) * UNITS[found[2]]) if found else None


def _disk_full(upkeep: UpkeepReading) -> Iterator[Finding]:
    for disk in _seen(upkeep):
        if disk.free < disk.levels["flood_stage"]:
            yield _short_of_room(upkeep, disk, "flood_stage", "Elasticsearch lets nobody write")


def _disk_filling(upkeep: UpkeepReading) -> Iterator[Finding]:
    for disk in _seen(upkeep):
        if disk.free < disk.levels["flood_stage"]:
            continue
        level = next((one for one in LEVELS[1:] if disk.free < disk.levels[one]), "")
        if level:
            yield _short_of_room(upkeep, disk, level, "Elasticsearch gives the node no new index")


def _seen(upkeep: UpkeepReading) -> tuple[Disk, ...]:
    if upkeep.disks is None:
        raise CannotLookError("the stack's credentials may not see the nodes' disks")
    return upkeep.disks


def _short_of_room(upkeep: UpkeepReading, disk: Disk, level: str, so: str) -> Finding:
    own = upkeep.declared.node_volume
    return Finding(
        what=f"the disk of node {disk.node} has {_shown(disk.free)} free of {_shown(disk.total)}, less than its "
        f"watermark {level} ({_shown(disk.levels[level])}): {so}",
        remedy=f"make room on it{' (`docker system df` shows what takes it)' if own else ''}; Elasticsearch then goes "
        "on by itself",
    )


def _shown(size: int) -> str:
    return f"{size / 2**30:,.1f} GB"


def _license_ended(upkeep: UpkeepReading) -> Iterator[Finding]:
    if upkeep.live.expired:
        yield Finding(
            what=f"the {upkeep.live.license} license of Elasticsearch ended on {_day(upkeep.live)}",
            remedy=_way_out(upkeep),
        )


def _license_ending(upkeep: UpkeepReading) -> Iterator[Finding]:
    live = upkeep.live
    if live.expired or not live.license_expires:
        return
    left = datetime.fromisoformat(live.license_expires) - upkeep.now
    if left <= SOON:
        yield Finding(
            what=f"the {live.license} license of Elasticsearch ends on {_day(live)}, in {max(left.days, 0)} days",
            remedy=_way_out(upkeep),
        )


def _no_inference(upkeep: UpkeepReading) -> Iterator[Finding]:
    live = upkeep.live
    if not upkeep.declared.facts.embeds_in_client and not live.expired and not live.allows_inference:
        yield Finding(
            what=f"the license of Elasticsearch is {live.license}, which does not include inference",
            remedy=f"pulumi config set elasticsearchStartTrial true && pulumi up, or {CLIENT}",
        )


def _day(live: LiveCluster) -> str:
    return live.license_expires.partition("T")[0]


def _way_out(upkeep: UpkeepReading) -> str:
    """Return what mends a license that ends, as components.elasticsearch.client.license tells it at more length."""
    if not upkeep.declared.facts.embeds_in_client:
        return f"{CLIENT} (embeds no document again), or install a license that includes inference"
    if upkeep.declared.node_volume:
        return "pulumi up (starts the Basic license)"
    return f"POST {START_BASIC}?acknowledge=true, or install another license"


CHECKS = (
    Check("disk-full", _disk_full),
    Check("disk-filling", _disk_filling),
    Check("license-ended", _license_ended),
    Check("license-ending", _license_ending),
    Check("license-without-inference", _no_inference),
)
